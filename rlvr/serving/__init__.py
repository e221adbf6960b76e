"""From a trained policy to a served one, and the proof that what was trained is what is served.

trained.py    a policy on disk, with the run that it comes from
manifest.py   what serves it: wire format, the servers' parsers, their commands; `serve.json`
card.py       the model card of an exported policy
export.py     the policy as a folder that loads without rlvr
"""
