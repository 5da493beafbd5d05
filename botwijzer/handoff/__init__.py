"""To a human: the request that a visitor leaves, its delivery to the staff, and the live conversation."""
