"""What is wrong with a client's data: checks declared as data, run in few scans, told as findings and scores."""
