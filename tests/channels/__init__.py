"""Tests of botwijzer/channels/."""
