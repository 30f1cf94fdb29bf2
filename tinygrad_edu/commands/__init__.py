"""What the commands of the command line do: `gradient`, `fit`, `predict` and others, and the story without one.

Each file computes first and prints at its end. The options and the handling of errors are in `cli`; how things look is
in `screen`.
"""
