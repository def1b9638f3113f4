"""Log in with a token or password, and check that a login is valid; uses net and wire."""
