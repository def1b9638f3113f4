"""A small archive of made-up data with the rows that the guide prints."""
