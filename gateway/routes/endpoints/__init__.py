"""The endpoints of plain routes: proxies, redirects, fixed responses."""
