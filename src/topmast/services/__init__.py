"""The objects that users hold, which join questions, login and download; they get their session."""
