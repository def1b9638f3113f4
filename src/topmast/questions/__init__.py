"""From a user's words to a question, and from its pages to a Table; uses wire, net and tables."""
