"""From a trained policy to a served one, and the proof that what was trained is what is served.

trained.py    a policy on disk, with the run that it comes from
manifest.py   what serves it: wire format, the servers' parsers, their commands; `serve.json`
card.py       the model card of an exported policy
export.py     the policy as a folder that loads without rlvr
sagemaker.py  the experiment for SageMaker RLVR: its reward as a Lambda, its rows
openai_tuning.py  a fine-tuning job at a service that speaks OpenAI's API
served.py     how a policy on disk is served: manifest, tokenizer, template file
server.py     vLLM as a child process: found, started, waited for, ended
answers.py    what a server answers to rows, plain or streamed
offline.py    what the policy does on the same rows without a server
check.py      the two against each other, and why they differ
"""
