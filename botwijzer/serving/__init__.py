"""The process that visitors reach: Rasa's agent with what this project needs of it, and nothing else."""
