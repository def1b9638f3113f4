"""Who is asking, by token or password, and whether a login is still valid; uses net and wire."""
