"""Check that a file is complete, by format, length and checksums; reads, never writes."""
