"""HTTP/1.1 messages as bytes: requests are parsed, responses written. No I/O."""
