"""JSON Web Tokens (RFC 7519) as credentials: issuers, their keys, verification."""
