"""From a trained policy to a served one, and the proof that what was trained is what is served.

trained.py    a policy on disk, with the run that it comes from
manifest.py   what serves it: wire format, the servers' parsers, their commands; `serve.json`
card.py       the model card of an exported policy
export.py     the policy as a folder that loads without rlvr
gguf_file.py  the policy as a GGUF file, with its chat template inside
registry.py   the policy in MLflow's model registry
experiment.py  a run's options and reward, as other trainers take them
sagemaker.py  the experiment for SageMaker RLVR: its reward as a Lambda, its rows
verl.py       the GRPO stage for verl: rows, reward, configuration, launch script
openai_tuning.py  a fine-tuning job at a service that speaks OpenAI's API
served.py     how a policy on disk is served: manifest, tokenizer, template file
server.py     vLLM as a child process: found, started, waited for, ended
answers.py    what a server answers to rows, plain or streamed
offline.py    what the policy does on the same rows without a server
check.py      the two against each other, and why they differ
talk.py       one turn of a policy with tools, held against their schemas
chat_page.py  a page to talk to it in the browser
"""
