"""Examples for instruction tuning: built once from the supervised files, drawn as batches of fixed shapes."""
