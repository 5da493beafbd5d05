"""Tools for whoever works on the project; nothing here runs in a service."""
