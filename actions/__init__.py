"""Custom actions, one a module: each reads the tracker, calls botwijzer, and dispatches."""
