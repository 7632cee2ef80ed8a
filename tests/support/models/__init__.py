"""A model hub on this machine."""
