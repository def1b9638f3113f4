"""The bytes of one file, and where they can come from; uses net and folder."""
