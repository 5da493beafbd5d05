"""What `make nlu-report` runs: how well the assistant understands, on one page that a maintainer opens."""
