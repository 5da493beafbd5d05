"""Tests of botwijzer/nlu/."""
