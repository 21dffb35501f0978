"""Rate limits that several processes share, by leases of a store."""
