"""Proves what can be proven about the packages that this project is made of, and writes down their licences.

`python -m tools.supply_chain check` compares the lock files, what is installed, docs/advisories.yml and
docs/packages-reviewed.yml with each other (docs/supply-chain.md); it asks nothing of any server. `licences` writes
docs/licences.md, `review` keeps docs/packages-reviewed.yml. Each check is a function that returns a list of problems,
one sentence each.
"""
