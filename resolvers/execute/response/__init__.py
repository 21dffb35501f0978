"""The response for the client, made from the merged replies and the failures."""
