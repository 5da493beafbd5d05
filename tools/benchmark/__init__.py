"""Speed and weight, measured in one run on one machine: `make benchmark` and its sisters."""
