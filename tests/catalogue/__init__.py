"""One sample row for every operation of the table, and the facts that hold for each row."""
