"""Is a file whole? Judged by its format, length and checksums; reads, never writes."""
