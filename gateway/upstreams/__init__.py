"""One stack of policies per registered service, around one transport."""
