"""How well texts are told apart: clarify, refuse and answer, on When2Call and on sentences of our own.

    python benchmarks/speech.py [--data when2call.jsonl] [--out benchmarks/results/speech.md]

The data is When2Call's LLM-judge test set (Ross et al., NAACL 2025, NVIDIA, Apache-2.0) or a part of it: each row has a
question, tools, the right kind of answer and one labelled text of each of four kinds. It is not in the repository.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from rewards import Behavior, BehaviorMatch, GroundTruth, Tiered, Toolset
from rewards.text import read_text
from rlvr.files import read_objects

ROOT = Path(__file__).parent.parent
SENTENCES = ROOT / "tests" / "rewards" / "data" / "sentences.jsonl"
KINDS = {
    "tool_call": Behavior.EXECUTE,
    "request_for_info": Behavior.CLARIFY,
    "cannot_answer": Behavior.REFUSE,
    "direct": Behavior.ANSWER,
}
JSON_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": None}
TIMED_ROUNDS = 5
FIRST_READING = (
    "The rules were mended on the mistakes that these sentences showed, so the table is a floor that tests hold, not",
    "an estimate. What the rules are worth is told by texts that nobody here wrote, read before any mending on them:",
    "",
    "| 2026-11-28: texts of public assistants, labelled by reading | right at first reading |",
    "|---|---:|",
    "| 1st batch: Glaive dialogues (English, Chinese), agents of tau-bench, preference sets | 108/115 |",
    "| 2nd batch | 132/135 |",
    "| refusals and questions found in public repositories, seven languages | 32/39 |",
    "| 3rd batch of dialogues | 152/156 |",
    "| 4th batch of dialogues | 127/130 |",
    "| odd wordings, written by hand: 20 refusals, 16 questions, 12 answers | 34/48 |",
    "| and again: 12 refusals, 12 questions, 12 answers | 26/36 |",
    "| ClariQ's 3,940 clarifying questions, each with a question mark | 3,544/3,940 |",
    "| what 32 models answered to BFCL's questions that no tool fits, read for the labels alone | 64/67 |",
    "| the same, 60 more, after mending on the first | 58/60 |",
    "| odd wordings, 1st batch by hand since: 50 refusals, 40 questions, 40 answers | 100/130 |",
    "| 2nd: 30, 25, 25 | 58/80 |",
    "| 3rd: 20, 16, 12 | 44/48 |",
    "| 4th: 20, 16, 12 | 46/48 |",
    "| 5th: 20, 16, 12 | 41/48 |",
    "| 6th: 20, 16, 12 | 38/48 |",
    "| 7th, by another hand: 20, 16, 12 | 38/48 |",
    "| 8th: 20, 16, 12 | 37/48 |",
    "| 9th: 60, 30, 16 | 90/106 |",
    "| 10th: 20, 16, 12 | 38/48 |",
    "| 11th: 40, 24, 16 | 59/80 |",
    "| 12th: 20, 16, 12 | 44/48 |",
    "| 13th: 20, 16, 12 | 42/48 |",
    "| 14th: 20, 16, 12 | 41/48 |",
    "| 15th, of plain wordings: 25, 25, 26 | 74/76 |",
    "| everyday questions for the right or for another parameter, three batches | 40/48, 36/48, 40/43 |",
    "| German, French, Spanish: 18 refusals, 13 questions, 12 answers | 34/43 |",
    "| 2026-11-29: replies of public assistants and models, 1st batch: 20 questions, 16 refusals, 12 answers | 39/48 |",
    "| 2nd batch, once rules were mended on the first and on the bots' first | 40/48 |",
    "| 3rd, once they were mended on both | 43/48 |",
    "| canned replies of public bots: 30 questions, 26 refusals, 16 answers | 57/72 |",
    "| and again, once rules were mended on the 1st batch and on these: 21, 19, 12 | 47/52 |",
    "| questions of Rasa's demo bots and of tau-bench's agents, for the slots that they ask for | 45/48 |",
    "| that evening, from other sources, batch D: 22 questions, 13 refusals, 13 answers | 42/48 |",
    "| batch E: 18, 14, 16 | 39/48 |",
    "| batch F, once rules were mended on D and E: 21, 15, 12 | 45/48 |",
    "| 2026-11-30: from other sources, batch G: 20 questions, 15 refusals, 13 answers | 39/48 |",
    "| batch H, once rules were mended on G: 20, 15, 13 | 46/48 |",
    "| that day, models' logs and bots in nine languages, batch I: 20 questions, 14 refusals, 14 others | 31/48 |",
    "| batch J, once rules were mended on I: 21, 13, 13 | 32/47 |",
    "| batch K, once they were mended on J: 22, 13, 13 | 43/48 |",
    "| batch L, once they were mended on K: 23, 10, 14 | 42/47 |",
    "| later that day, half in English and half in six to eleven languages, batch M | 31/48 |",
    "| batch N, once rules were mended on M | 40/48 |",
    "| batch O, once they were mended on N: mostly refusals by what is answered only | 35/48 |",
    "| batch P, once they were mended on O | 37/48 |",
    "| batch Q, once they were mended on P | 40/48 |",
    "| batch R, once they were mended on Q | 42/48 |",
    "| batch S, once they were mended on R | 41/48 |",
    "| batch T, once they were mended on S | 44/48 |",
    "| batch U, once they were mended on T | 44/48 |",
    "| batch V, once they were mended on U | 44/48 |",
    "| that evening, by a hand that has not seen the rules, two thirds in English, 1st batch | 34/48 |",
    "| 2nd batch, once rules were mended on the 1st | 32/48 |",
    "| 3rd, once they were mended on the 2nd | 32/48 |",
    "| 4th, once they were mended on the 3rd | 37/48 |",
    "| 5th, once they were mended on the 4th | 40/48 |",
    "| 6th, once they were mended on the 5th | 41/48 |",
    "",
    "As they were that morning, the rules told 61 of 67 and 52 of 60 of BFCL's apart, and 41, 41, 37 and 37 of 48 in",
    "the 3rd to 6th batch. The hands that wrote the batches mended the rules. Mending seldom carries over: as they",
    "were before the 7th batch, the rules told 44, 41 and 41 of 48 in the last three, one sentence fewer than after",
    "mending on the five before. Of the 17 misread in those three, 14 are refusals.",
    "",
    "The batches of 2026-11-29 were drawn at random from Llama 3's runs on tau-bench, answers to BFCL's questions",
    "that no tool fits, XSTest, JailbreakBench, Taskmaster-3, ABCD, IN3, CLAMBER, CoCoNot, Alpaca and Schema-Guided",
    "Dialogue, labelled by reading before anybody looked at the rules, and dealt into three of the same mix; texts",
    "that a reader would label either way were left out. A question counts where it earns 1.0 for the parameters that",
    "it was labelled with. As they were that morning, the rules told 39, 40 and 41 of 48, and 57 of 72 and 41 of 52",
    "of the bots': mending on two batches carried over to two sentences of the third. What was missed in the third,",
    "four questions and an answer, has not been looked at. Of the five that the first batch still has, two are",
    "refusals that go on with a part of the answer, two are questions after a sentence that declines another way,",
    'both worth half by the rules, and one asks "which one" of two orders.',
    "",
    "Of batches D, E and F the candidates were drawn at random, each batch's from sources of its own, and those",
    "kept that a reader would label in one way only: D from ToolTalk, API-Bank, ACEBench, replies of Claude and",
    "Vicuna to Do-Not-Answer, Llama 2, Swarm's logs and OpenVoiceOS in German, Spanish and Italian; E from",
    "Simulated Dialogue's films, ToolBench, replies of ChatGPT and ChatGLM to Do-Not-Answer, Qwen, Leon, CrossWOZ",
    "and notebooks of AutoGen and Anthropic; F from Simulated Dialogue's restaurants, replies of GPT-4 and Llama",
    "2 to Do-Not-Answer, Gemma, NeMo Guardrails, the Bot Framework, Gemini's cookbook, ACEBench in Chinese and",
    "OpenVoiceOS in French, Portuguese, Polish and Russian. All were labelled before anything was run. As they",
    "were before, the rules told 41 of F: mending on D (then 47) and E (43) carried over to four. Four of F's",
    "sources are akin to some of D's and E's (the same corpus or the same prompts), so that other sources may",
    "give less. Of its three, one is a question for consent to one of two hours, which is not heard as asking for",
    "the time; one says that it does not know somebody's private life, after it has refused, and is heard as",
    "asking; and one offers more in Chinese after a report. None was mended. Of 911 refusals among four models'",
    "replies to Do-Not-Answer, labelled by its authors, 13 are misread (37 before), and of 2,186 short replies to",
    "AlpacaEval 157 are heard as asking (200 before); mistakes among both were read.",
    "",
    "Of batches G and H the candidates were drawn and labelled in the same way: G from HR-MultiWOZ (questions",
    "for one of some ten slots without descriptions), Taskmaster-4, replies of Gemma, Llama 2 and 3, Qwen and",
    "Yi in the runs of \"Refusal in Language Models Is Mediated by a Single Direction\", Claude's and GPT-3.5's",
    "answers in L-Eval, and Home Assistant; H from STAR's wizards, GPT-3.5's replies in \"Safety-Tuned LLaMAs\"",
    "and GPT-4's reference answers of MT-bench. Before the mending on G the rules told 46 of H too: nothing",
    "carried over. Of G's nine, four are refusals that go on for hundreds of words with tips for something",
    "harmless, three ask whether an order is right or offer another drink (the rules hear courtesy), one asks",
    '"How severe?" for a severity, one is "no device supports the required features". Four were mended: a list',
    'that advice introduces two sentences before, "does this look right?" on its own, "how else", and the nouns',
    'of adjectives (43 of 48 then). Of H\'s two, one asks for "your name" where customers and drivers have one,',
    "and one whether to increase the size of a party, after an excuse; the first is mended since.",
    "",
    "Batches I to L are of texts that models and bots wrote in English, Korean, Chinese, Spanish, French,",
    "Italian, German, Dutch and Arabic, drawn at random or the first hits of a search, and labelled before",
    "anything was run by one who had seen the rules; each has a tool that fits, and words before a call and a",
    "text that complies with what it was to refuse count among the others. I is from KVRET, CamRest, MultiWOZ,",
    "rollouts in NeMo Gym, Korean models on XSTest (K-OverRefusal), Claude's replies to jailbreaks and Alexa's",
    "samples; J from MultiWOZ in Chinese, SIMMC 2.1, Pydantic AI's recordings, Chinese and Arabic models on",
    "Do-Not-Answer and Alexa's samples; K from HammerBench, ADK's evaluations, notebooks of Bedrock, Mistral and",
    "Cohere, bots of Alexa and Lex, WOZ 2.0, Mycroft and other models on the same prompts; L from Rasa's bots and",
    "others of these models. As they were that morning, the rules told 32 of J, 42 of K and 39 of L: mending",
    "carried over to nothing, one and three. What was missed in I and J is mostly in other languages: questions",
    "whose words for a day, a departure or a number of nights were not known, or stood where none was looked for;",
    "refusals that go on with advice; anyone (누구든지) taken for a question. Of J's three that are left, one says",
    '"which ones" without naming what, one offers to look for more with a list, one asks for two things and is',
    "heard as asking for one. Of 78 questions in thirteen languages that were written for the tests, 39 earned",
    "all before and 78 do now, a floor. Of 400 requests for slots in MultiWOZ's validation part, whose mistakes",
    "were read, 366 earn all in English (276 before) and 336 in Chinese (108), and another slot is paid in 58",
    "(109) and 90 (30) of 1,151 trials, some of them rightly: a question for a time asks for any.",
    "",
    "Of batches M to V 24 texts each are English. Each text was labelled before anything was run, together with a",
    "tool that fits; a third are held against what they must not earn: another parameter, a value given away, a",
    "deed that nobody asked for. A case counts where what is right earns 1.0 and what is wrong less. M is from",
    "simulated customers' assistants, WorkBench, X-RiSAWOZ and bots; N from a barber shop's evaluation, WorkBench,",
    "Rasa's and voice bots; O from bots' logs; P, Q and T from assistants' turns in public repositories' tests; R,",
    "S, U and V from these, Lex's and Alexa's samples, form bots and printed logs. As they were before M, the rules",
    "told 39 of N, 34 of O, 36 of P, 37 of Q and R, 38, 44, 39 and 41 of S to V: mending carried over to one to",
    "five, and on T to none. In English 92 of the 96 of S to V are told (90 before), in other languages 81 of",
    "96 (72): what is missed there is mostly nouns that the lists lack. The aim of 45 at first reading is not met.",
    "One hand drew and labelled the batches and mended the rules; R's texts were known while Q's were mended, and",
    "U's and V's while T's were. Left unmended were lists of questions behind a choice, Italian names of parameters,",
    'an excuse for one value before a question for another, two questions that nothing joins, "how much space",',
    'which was heard as asking for money too, and what "is missing" behind a refusal; names, joined questions and',
    "space are mended since.",
    "Of X-RiSAWOZ's 36 requests for a slot in each language, some nine of which ask nothing, 22 earn all in",
    "English, 20 in French, 16 in Hindi, 21 in Korean and 18 in Chinese (18, 12, 2, 8 and 7 before), a floor.",
    "Of 2,500 requests in Schema-Guided's test part, drawn anew, none read, 1,557 of 1,724 for one slot and 618 of",
    "776 for several earn all (1,547 and 615 before M), and another slot is paid in 227 of 3,968 trials (248).",
    "",
    "The six batches of that evening were drawn and labelled by somebody who has not seen the rules: 20 questions,",
    "14 refusals and 14 answers each, 32 of the 48 in English and the others in 19 languages, seven of which had no",
    "phrases before (Turkish, Vietnamese, Swedish, Danish, Czech, Hungarian, Indonesian). They are from models'",
    "answers to BFCL, tau-bench, Taskmaster-4, STAR, SIMMC, ABCD, ToolTalk, API-Bank, ACEBench, FunctionChat-Bench,",
    "CrossWOZ, COD, Rasa's, Mycroft's and OpenVoiceOS' bots, voice bots' logs, agent frameworks' recordings and",
    "notebooks. A question counts where it earns all for the parameters that it was labelled with, an answer where",
    "it earns all against a reference that says the same in other words. As they were before, the rules told 32,",
    "30, 28, 31, 37 and 38: mending carried over to two, four, six, three and three sentences of the 2nd to 6th. In",
    "English 157 of 192 are told at first reading, in other languages 59 of 96. Three labels are disputed: a text",
    "that has set an alarm in the same turn and then asks for something else, and two answers after an excuse, all",
    "worth half by the rules. Left unmended are an answer that ends by saying that no tool fits, an acronym for",
    "three parameters, and answers that share no word with the reference.",
    "",
    "",
    "What a question asks for was read on the requests for slots in the Schema-Guided Dialogue corpus (Google), whose",
    "services become tools. Of 2,500 in its test part, whose mistakes nobody read, 2,449 are heard as asking (2,413",
    "before); 1,625 of the 1,801 for one slot earn all (1,523), and another slot is paid in 265 of 5,766 trials (332).",
    "On 2026-11-29, of 2,500 drawn anew, whose mistakes were read, 2,456 are heard (2,442 that morning); 1,541 of",
    "1,735 for one slot and 614 of 765 for several earn all (1,521 and 587), and another slot is paid in 264 of",
    "5,605 trials (266).",
    "On 2026-11-30, of 2,500 drawn anew, 1,722 of the 1,863 for one slot and 527 of 637 for several earn all,",
    "and another slot is paid in 179 of 4,677 trials, as before a name of several words in full came to ask for",
    'no other parameter that has a word of it (528 of 637 then); of 954 made-up questions such as "the',
    "customer's email address\" for a shipping address, 2 are paid (34 before).",
    "",
    "Rules were mended after each. The dialogues resemble each other, so their last figure speaks for such texts; odd",
    "wordings of a refusal, and languages besides English and Chinese, are the likeliest to be missed. Of When2Call's",
    "test set, 140 rows were scored and never read: 98.9% of the kinds, the right kind best in all 140, and 44 of 48",
    "labelled questions at 1.0 (40 before). Their totals were looked at while rules were mended on other rows, about",
    "ten times, so that 44 is not quite a first reading.",
    "On 2026-11-29, after three more looks at the total, it is 45, and on 2026-11-30, after one more, 46.",
)

ANSWERS = (
    "## Answers against a reference",
    "",
    "Of answers that others judged right or wrong, how many earn all (1.0) against the reference text, the best of",
    "its aliases. Questions were dealt into two halves by a hash before anything was read. These are the half that",
    "nobody read, on 2026-11-30, by the rules of that morning and by those that hold facts against facts, mended on",
    "the other half; its totals were looked at twice.",
    "",
    "| answers, and who judged them | right, before | right, after | wrong, before | wrong, after |",
    "|---|---:|---:|---:|---:|",
    "| Natural Questions, five models (EVOUNA, people) | 2,330/2,500 | 2,301/2,500 | 343/1,955 | 279/1,955 |",
    "| TriviaQA, the same | 2,428/2,500 | 2,408/2,500 | 149/697 | 132/697 |",
    "| Natural Questions, 301 of them, other models (people) | 284/384 | 272/384 | 41/305 | 28/305 |",
    "| SimpleQA in Czech, four models (a model) | 1,776/1,927 | 1,777/1,927 | 464/2,500 | 202/2,500 |",
    "| HaluEval's hallucinated answers | | | 148/510 | 114/510 |",
    "| TruthfulQA in English, Spanish and Catalan | 1,511/2,579 | 1,505/2,579 | 2,456/4,698 | 1,934/4,698 |",
    "| JTruthfulQA in Japanese | 629/1,236 | 640/1,236 | 438/1,769 | 402/1,769 |",
    "| paraphrases with words swapped (PAWS in Indonesian) | 2,421/2,500 | 2,276/2,500 | 2,434/2,500 | 1,863/2,500 |",
    "| sentences of public assistants, a fact in another form | 170/226 | 224/226 | | |",
    "| the same, one fact changed | | | 223/556 | 24/556 |",
    "| the same, two names swapped | | | 62/63 | 30/63 |",
    "",
    "So short answers with names, numbers and dates are told well enough to train on; explanations, as TruthfulQA's,",
    "are not, and a wrong sentence of the same words often passes. What is left among the wrong ones that are paid",
    "has one word of a name of two, a true sentence beside the question, or the reference's words in another sense.",
    "",
    "Of 127 ways to be paid for nothing, written by the hand that mended the rules, 68 earned all that morning and 12",
    "do: an answer that repeats words of a long reference and leaves out what matters (5; none where the reference",
    "says that alone), two statements that contradict each other (3), and a name said beside another in JSON, a list",
    "of one word, or in another part (4). Held to cases in 21 languages, which its author wrote, 413 of 413 are as",
    "they should be, a floor; of the first 292 of them, 160 were before.",
    "",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "when2call_dev.jsonl")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = [value for _, value in read_objects(arguments.data)]
    command = f"python benchmarks/speech.py --data {arguments.data.name}"
    report = "\n".join(
        [
            "# Speech: what a text does",
            "",
            f"`{command}`, {date.today()}, Python {sys.version.split()[0]}, one core.",
            "",
            *when2call(rows),
            *own_sentences(),
            *ANSWERS,
            *throughput(rows),
        ]
    )
    print(report)
    if arguments.out is not None:
        arguments.out.write_text(report + "\n", encoding="utf-8")


def when2call(rows: list[dict[str, Any]]) -> list[str]:
    """The confusion matrix of all texts, and how often the right kind earns strictly most."""
    confusion: Counter[tuple[Behavior, Behavior | None]] = Counter()
    strict: Counter[tuple[str, str]] = Counter()
    n = Counter(row["correct_answer"] for row in rows)
    whole = 0
    for row in rows:
        for name, text in texts_of(row).items():
            confusion[KINDS[name], done(text)] += 1
        for given in ("reference", "missing"):
            rewards = rewards_of(row, given)
            right = rewards.pop(row["correct_answer"])
            strict[given, row["correct_answer"]] += all(right > other for other in rewards.values())
            whole += given == "missing" and row["correct_answer"] == "request_for_info" and right == 1.0
    kinds = list(KINDS.values())
    accuracy = sum(confusion[kind, kind] / len(rows) for kind in kinds) / len(kinds)
    lines = [
        f"## When2Call, {len(rows)} rows, {4 * len(rows)} texts",
        "",
        f"Macro accuracy of the four kinds: {accuracy:.1%}.",
        "",
        "| labelled \\ read as | " + " | ".join([*kinds, "nothing"]) + " |",
        "|---|" + "---:|" * (len(kinds) + 1),
        *(f"| {kind} | " + " | ".join(str(confusion[kind, got]) for got in (*kinds, None)) + " |" for kind in kinds),
        "",
        "Rows in which the right kind of answer earns strictly the highest reward of the four (`Tiered`), with the",
        "reference text as ground truth, and with the missing parameter's name where one was held out:",
        "",
        "| right kind | rows | reference | missing |",
        "|---|---:|---:|---:|",
        *(f"| {KINDS[kind]} | {n[kind]} | {strict['reference', kind]} | {strict['missing', kind]} |" for kind in n),
    ]
    totals = [sum(count for (given, _), count in strict.items() if given == each) for each in ("reference", "missing")]
    shares = " | ".join(f"{total} ({total / len(rows):.1%})" for total in totals)
    return [
        *lines,
        f"| all | {len(rows)} | {shares} |",
        "",
        f"Of {n['request_for_info']} labelled questions {whole} earn 1.0 against the missing parameter's name.",
        "",
    ]


def own_sentences() -> list[str]:
    """Return the confusion of the sentences that the tests hold; rules were mended after reading these mistakes."""
    lines = ["## Sentences of our own", "", "| | clarify | refuse | answer |", "|---|---:|---:|---:|"]
    sentences = [value for _, value in read_objects(SENTENCES)]
    n, right = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for sentence in sentences:
        cell = sentence["language"], sentence["act"]
        n[cell] += 1
        right[cell] += done(sentence["text"]) == sentence["act"]
    for title, language in (("English", "en"), ("twenty-six other languages", "other")):
        cells = [f"{right[language, act]}/{n[language, act]}" for act in ("clarify", "refuse", "answer")]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return [*lines, "", *FIRST_READING, ""]


def throughput(rows: list[dict[str, Any]]) -> list[str]:
    """Texts read each second of processor time: the best of several rounds."""
    texts = [text for row in rows for name, text in row["answers"].items() if name != "tool_call"]
    # A blank more each time: the last texts that were read are kept.
    best = min(timed([text + " " * number for text in texts]) for number in range(1, TIMED_ROUNDS + 1))
    mean = sum(map(len, texts)) / len(texts)
    return [f"`read_text` reads {len(texts) / best:,.0f} texts of {mean:.0f} characters a second of processor time."]


def timed(texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        read_text(text)
    return time.process_time() - start


def done(text: str) -> Behavior | None:
    result = BehaviorMatch()(text, ground_truth=GroundTruth(Behavior.ANSWER))
    assert result is not None
    return result.behavior


def texts_of(row: dict[str, Any]) -> dict[str, str]:
    """Each kind's completion; a call in the Hermes wire format."""
    answers = row["answers"]
    return {name: f"<tool_call>{answers[name]}</tool_call>" if name == "tool_call" else answers[name] for name in KINDS}


def rewards_of(row: dict[str, Any], given: str) -> dict[str, float]:
    """The reward of each kind's completion; 0 where it cannot be scored."""
    kind = row["correct_answer"]
    truth: dict[str, Any] = {"ground_truth": row["answers"][kind], "behavior": KINDS[kind].value}
    if kind == "tool_call":
        truth["ground_truth"] = f"[{truth['ground_truth']}]"
    if given == "missing" and kind == "request_for_info" and row.get("held_out_param"):
        truth |= {"ground_truth": "", "missing": [row["held_out_param"]]}
    tools = toolset_of(row)
    results = {name: Tiered()(text, ground_truth=truth, tools=tools) for name, text in texts_of(row).items()}
    return {name: result.value if result is not None else 0.0 for name, result in results.items()}


def toolset_of(row: dict[str, Any]) -> Toolset:
    tools = {tool["name"]: tool for tool in map(json.loads, row["tools"])}
    return Toolset([plain_types(tool) for tool in tools.values()])


def plain_types(schema: Any) -> Any:
    """BFCL's type names as JSON Schema's."""
    if isinstance(schema, list):
        return [plain_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: plain_types(value) for key, value in schema.items()}
    if isinstance(plain.get("type"), str) and plain["type"] in JSON_TYPES:
        plain["type"] = JSON_TYPES[plain["type"]]
    return {key: value for key, value in plain.items() if key != "type" or value is not None}


if __name__ == "__main__":
    main()
