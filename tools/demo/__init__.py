"""Makes the client `demo`: a coffee company that does not exist, with every contract table and known truths.

`python -m tools.demo [folder]` writes data/demo/ (or the folder). The same bytes on every machine: chance comes from
hashes and integers only (`chance.py`), the zips from an own packer (`deflate.py`), and nothing asks the clock, the
locale or the order of a set.
"""
