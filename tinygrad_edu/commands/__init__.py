"""What the commands of the command line do: `gradient`, `fit`, and the story that is told without arguments.

Each file computes first and prints at its end. The options and the handling of errors are in `cli`; how things look is
in `screen`.
"""
