"""Tests of the compiler, one file for each of its parts."""
