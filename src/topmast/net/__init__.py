"""A request out, an answer back, with retries and limits; knows neither MAST nor files."""
