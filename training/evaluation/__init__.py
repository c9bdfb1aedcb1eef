"""What `python3 -m training.evaluate` measures: windows, readings of the past, tasks, statistics, tables, report."""
