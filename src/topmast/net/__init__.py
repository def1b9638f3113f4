"""HTTP requests with retries and limits; independent of MAST and of files."""
