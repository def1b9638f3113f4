"""The public classes such as Observations, which join questions, login and download."""
