"""What whoever runs the assistant sees of it: metrics, logs, copies."""
