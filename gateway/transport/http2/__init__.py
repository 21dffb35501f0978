"""HTTP/2 (RFC 9113), with many exchanges on one connection."""
