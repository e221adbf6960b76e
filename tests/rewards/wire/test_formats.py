"""What each format takes for a call, for a broken attempt, and for text."""

import re

import pytest

from rewards import ToolCall, Toolset, wire
from rewards.wire.deepseek_v3 import CALL, CALL_END, SECTION, SECTION_END, SEPARATOR
from rewards.wire.reasoning import visible
from tests.rewards.tools import ALL
from tests.rewards.wire.completions import are_alike, written_in

TOOLS = Toolset(ALL)
PARIS = ToolCall("get_weather_forecast", {"city": "Paris"})
TWO = (PARIS, ToolCall("search_flights", {"origin": "Rome"}))

NAME = "get_weather_forecast"
JSON = f'{{"name": "{NAME}", "arguments": {{"city": "Paris"}}}}'
SECOND = '{"name": "search_flights", "arguments": {"origin": "Rome"}}'
LLAMA, LLAMA_2 = JSON.replace("arguments", "parameters"), SECOND.replace("arguments", "parameters")
XML = f"<tool_call>\n<function={NAME}>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>"
HARMONY = f'<|channel|>commentary to=functions.{NAME} <|constrain|>json<|message|>{{"city": "Paris"}}<|call|>'
HARMONY_2 = '<|channel|>commentary to=functions.search_flights <|constrain|>json<|message|>{"origin": "Rome"}<|call|>'
ANALYSIS = "<|channel|>analysis<|message|>They want the weather; <tool_call>{} maybe.<|end|><|start|>assistant"
V3 = f'{CALL}function{SEPARATOR}{NAME}\n```json\n{{"city": "Paris"}}\n```{CALL_END}'
V31 = f'{CALL}{NAME}{SEPARATOR}{{"city": "Paris"}}{CALL_END}'
V31_2 = f'{CALL}search_flights{SEPARATOR}{{"origin": "Rome"}}{CALL_END}'
INTERN = f"<|action_start|><|plugin|>\n{LLAMA}\n<|action_end|>"
INTERN_2 = f"<|action_start|><|plugin|>\n{LLAMA_2}\n<|action_end|>"
MINICPM4 = f'<|tool_call_start|>\n```python\n{NAME}(city="Paris")\n```\n<|tool_call_end|>'
PANGU = f"[unused11][{JSON}][unused12]"
PANGU_TOKENS = f"<|tool_call_start|>[{JSON}]<|tool_call_end|>"
MINI = f'<function name="{NAME}"><param name="city">Paris</param></function>'
IFM = f"<ifm|tool_call>{NAME}\n<ifm|arg_key>city</ifm|arg_key>\n<ifm|arg_value>Paris</ifm|arg_value>\n</ifm|tool_call>"
IFM_2 = IFM.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
MINI_2 = '<function name="search_flights"><param name="origin">Rome</param></function>'
LITE = (
    f"<longcat_tool_call>{NAME}<longcat_arg_key>city</longcat_arg_key>\n<longcat_arg_value>Paris</longcat_arg_value>\n"
    "</longcat_tool_call>"
)
HY3 = f"<tool_call>{NAME}<tool_sep>\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>"
HY3_2 = HY3.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
HY4 = f"<tool_call>{NAME}<arg_key>city</arg_key><arg_value>Paris</arg_value></tool_call>"
HY4_2 = HY4.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
SOLAR2 = f"<|tool_call:start|>{NAME}\n<|tool_arg:start|>city<|tool_arg:value|>Paris<|tool_arg:end|>\n<|tool_call:end|>"
SOLAR2_2 = SOLAR2.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
SOLAR = f'<|tool_call:begin|>a1b2<|tool_call:name|>{NAME}<|tool_call:args|>{{"city": "Paris"}}<|tool_call:end|>'
SOLAR_2 = SOLAR.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
PLAMO = (
    f"<|plamo:begin_tool_request:plamo|><|plamo:begin_tool_name:plamo|>{NAME}<|plamo:end_tool_name:plamo|>"
    '<|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>{"city": "Paris"}'
    "<|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|>"
)
PLAMO_2 = PLAMO.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
PLAMOS, PLAMOS_END = "<|plamo:begin_tool_requests:plamo|>", "<|plamo:end_tool_requests:plamo|>"
GIGA = f"<|function_call|>{JSON}"
GIGA_3 = f"<|message_sep|>\n\nfunction call<|role_sep|>\n{JSON}"
INKLING = f"<|content_invoke_tool_json|>{JSON.replace('arguments', 'args')}<|end_message|>"
ATEM = (
    f'<atem:function_calls>\n<atem:invoke name="{NAME}">\n<atem:parameter name="city">Paris</atem:parameter>\n'
    "</atem:invoke>\n</atem:function_calls>"
)
ATEM_2 = ATEM.replace(NAME, "search_flights").replace("city", "origin").replace("Paris", "Rome")
MUSE, MUSE_2 = f" to={NAME}<|message|>{ATEM}", f" to=search_flights<|message|>{ATEM_2}"
MUSE_TURN = "<|eom|><|start|>assistant"
DSML = (
    f'<｜DSML｜ calls>\n<｜DSML｜ invoke name="{NAME}">\n<｜DSML｜ parameter name="city" string="true">Paris'
    "</｜DSML｜ parameter>\n</｜DSML｜ invoke>\n</｜DSML｜ calls>"
)
OPENAI = f'{{"type": "function", "function": {JSON}}}'

ONE_CALL = {
    "qwen3_coder": [
        XML,
        f"I'll look.\n\n{XML}",
        f"<think>maybe {XML}</think>\n{XML}<|im_end|>",
        XML.replace("\n", ""),
        f"Use the <tool_call> tag, with <function=name> in it:\n{XML}",
    ],
    "llama3_json": [
        LLAMA,
        f"<|python_tag|>{LLAMA}<|eom_id|>",
        f"{LLAMA}<|eot_id|>",
        f"Let me see. <|python_tag|>{LLAMA}",
        f"<|python_tag|>{JSON}",
        f"[{LLAMA}]",
        LLAMA.replace('"name"', '"type": "function", "name"'),
        LLAMA.replace("{", '{"note": "no <|python_tag|> here", ', 1),
        f"The <|python_tag|> comes first: <|python_tag|>{LLAMA}",
    ],
    "pythonic": [
        f'[{NAME}(city="Paris")]',
        f"[{NAME}(city='Paris')]",
        f"[ {NAME} ( city = 'Paris', ) , ]",
        f"[{NAME}(city='Par' \"is\")]",
        f"[{NAME}(city='''Paris''')]",
        f"[{NAME}(city='\\x50ar\\u0069s')]",
        f'<|python_start|>[{NAME}(city="Paris")]<|python_end|>',
        f'[{NAME}(city="Paris")]<|eot|>',
    ],
    "mistral": [
        f"[TOOL_CALLS][{JSON}]",
        f"[TOOL_CALLS] [{JSON}]</s>",
        f'[TOOL_CALLS]{NAME}[ARGS]{{"city": "Paris"}}',
        f'[TOOL_CALLS]{NAME}[CALL_ID]abcdefghi[ARGS]{{"city": "Paris"}}',
        f'[TOOL_CALLS]{NAME}{{"city": "Paris"}}</s>',
        f'Let me look.[TOOL_CALLS]{NAME}[ARGS]{{"city": "Paris"}}',
        f'[THINK]Maybe [TOOL_CALLS]x[ARGS]{{}}[/THINK][TOOL_CALLS]{NAME}[ARGS]{{"city": "Paris"}}',
    ],
    "phi4_mini": [
        f"<|tool_call|>[{JSON}]<|/tool_call|>",
        f"<|tool_call|>[{OPENAI}]<|/tool_call|><|end|>",
        f"functools[{JSON}]",
        f"Sure.\nfunctools[{LLAMA}]<|end|>",
    ],
    "deepseek_v3": [
        f"{SECTION}{V3}{SECTION_END}",
        f"{SECTION}{V31}{SECTION_END}<｜end▁of▁sentence｜>",
        f"{SECTION}{V3.replace('{', '{' + chr(10))}{SECTION_END}",
        f"{SECTION}{V31.replace('}', chr(10) + '}')}{SECTION_END}",
        f"Let me look.\n{SECTION}\n{V3}\n{SECTION_END}",
        f"<think>I could {SECTION}{V31}</think>{SECTION}{V31}{SECTION_END}",
    ],
    "deepseek_v31": [
        f"{SECTION}{V31}{SECTION_END}",
        f"They ask for Paris.</think>Let me look.{SECTION}{V31}{SECTION_END}<｜end▁of▁sentence｜>",
        f"{SECTION}{V3}{SECTION_END}",
    ],
    "internlm": [
        INTERN,
        INTERN.replace("><|plugin", "> <|plugin"),
        f"I look.{INTERN.replace('><|plugin', '> <|plugin')}",
    ],
    "harmony": [
        HARMONY,
        HARMONY.removesuffix("<|call|>"),
        HARMONY.replace("functions.", ""),
        f"<|channel|> analysis<|message|> Hm.<|end|><|start|> assistant{HARMONY.replace('|>', '|> ')}",
        f"{ANALYSIS}{HARMONY}",
        f"<|start|>assistant{HARMONY}",
        f'<|start|>assistant to=functions.{NAME}<|channel|>commentary json<|message|>{{"city": "Paris"}}<|call|>',
        f' to=functions.{NAME}<|channel|>commentary json<|message|>{{"city": "Paris"}}<|call|>',
        f'<|channel|>commentary to=functions.{NAME}<|message|>{{"city": "Paris"}}',
        f"<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant{HARMONY}",
    ],
    "openpangu": [
        PANGU,
        f"[unused16]I look for {PANGU}[unused17]\n{PANGU}[unused10]",
        f"I'll look.\n{PANGU}\nOne moment.",
        PANGU_TOKENS,
        PANGU_TOKENS.replace("[", "\n[\n").replace("]", "\n]\n"),
    ],
    "minicpm4": [
        MINICPM4,
        f"<|thought_start|>\nI look.\n<|thought_end|>\n{MINICPM4}\n<|im_end|>",
        MINICPM4.replace('"', "'"),
        MINICPM4 + "\nI am looking.",
    ],
    "k2_horizon": [
        f"<ifm|tool_calls>\n{IFM}\n</ifm|tool_calls>",
        f"I'll look.\n<ifm|tool_calls>{IFM}</ifm|tool_calls><|ifm|im_end|>".replace("\n", ""),
        f"<ifm|think_fast>Maybe {IFM}</ifm|think_fast><ifm|tool_calls>{IFM}</ifm|tool_calls>",
        f"They ask for Paris.</ifm|think><ifm|tool_calls>{IFM}</ifm|tool_calls>",
    ],
    "minicpm5": [
        MINI,
        f"I'll look.\n{MINI}<|im_end|>",
        f"<think>\nmaybe {MINI}\n</think>\n\n{MINI}",
        MINI.replace("Paris", "<![CDATA[Paris]]>"),
        MINI.replace("Paris", "P&#97;ris"),
        MINI.replace('"', "'").replace("><", ">\n  <"),
        f'The <function name="..."> element calls a tool: {MINI}',
    ],
    "glm47": [HY4, f"<think>Hm.</think>{HY4}<|observation|>", HY3.replace("<tool_sep>", "")],
    "iquest_q1": [
        HY4.replace("tool_call>", "iquest_tool_call>"),
        f"I look.\n{HY4.replace('tool_call>', 'iquest_tool_call>')}",
    ],
    "longcat_lite": [LITE, f"<longcat_think>Hm.</longcat_think>{LITE}</longcat_s>"],
    "mimo": [XML.replace("\nParis\n", "Paris"), f"I look.\n{XML.replace(chr(10), '')}"],
    "hunyuan_v3": [
        f"<tool_calls>\n{HY3}\n</tool_calls>",
        f"I'll look.<tool_calls>{HY3}</tool_calls><｜hy_eos｜>".replace("\n", ""),
        re.sub(r"(</?\w+)>", r"\1:opensource>", f"<think>Hm.</think><tool_calls>\n{HY3}\n</tool_calls>"),
        re.sub(r"(</?\w+)>", r"\1:6124c78e>", f"<tool_calls>\n{HY3}\n</tool_calls>"),
    ],
    "hunyuan_v4": [
        f"<tool_calls>{HY4}</tool_calls>",
        f"I'll look.\n<tool_calls>\n{HY4}\n</tool_calls>",
        re.sub(r"(</?\w+)>", r"\1:opensource>", f"<tool_calls>{HY4}</tool_calls>"),
    ],
    "solar_open2": [
        SOLAR2,
        f"<|think:start|>Maybe {SOLAR2}<|think:end|>I look.{SOLAR2}<|im:end|>",
        SOLAR2.replace("<|tool_arg:end|>\n", "<|tool_arg:end|>"),
    ],
    "solar_open": [
        f"<|tool_calls|>{SOLAR}",
        f"<|tool_calls|>{SOLAR}<|calls|>",
        f"<|think|>Maybe {SOLAR}<|end|><|begin|>assistant<|tool_calls|>{SOLAR}<|calls|>",
        f"<|content|>I look.<|flush|><|tool_calls|>{SOLAR.replace('a1b2', '')}<|calls|>",
    ],
    "plamo3": [
        f"{PLAMOS}{PLAMO}{PLAMOS_END}",
        f"I look.\n{PLAMOS}{PLAMO}{PLAMOS_END}<|plamo:tag|>",
        f"<|plamo:begin_think:plamo|>Maybe {PLAMO}<|plamo:end_think:plamo|>{PLAMOS}{PLAMO}{PLAMOS_END}",
    ],
    "gigachat3": [
        GIGA,
        f"I look.{GIGA}</s>",
        f"{GIGA}<|message_sep|>",
        GIGA_3,
        f"I look.{GIGA_3}</s>",
        f"function call<|role_sep|>\n{JSON}",
    ],
    "gigachat35": [DSML.replace("DSML｜ calls", "GCML｜tool_calls").replace("DSML｜ ", "GCML｜") + "<|message_sep|>"],
    "deepseek_v41": [DSML, f"<think>Maybe {DSML}</think>I look.\n\n{DSML}<｜end▁of▁sentence｜>"],
    "minimax_m1": [
        f"<tool_calls>\n{JSON}\n</tool_calls>",
        f"I look.\n<tool_calls>{JSON}</tool_calls><end_of_sentence>",
    ],
    "inkling": [
        INKLING,
        f"<|message_model|>{INKLING}<|content_model_end_sampling|>",
        f"<|content_thinking|>Hm.<|end_message|><|message_model|><|content_text|>I look.<|end_message|>"
        f"<|message_model|>{NAME}{INKLING}",
    ],
    "muse_glimmer": [
        MUSE,
        f" to=self<|message|>Maybe {ATEM}{MUSE_TURN}{MUSE}<|eot|>",
        f" to=user<|message|>I look.{MUSE_TURN}{MUSE}<|eot|>",
        MUSE.replace(NAME, f"{NAME}.{NAME}"),
        f"{ATEM}<|eot|>",
    ],
    "muse": [
        MUSE,
        f" to=self<|message|>Maybe {ATEM}{MUSE_TURN}{MUSE}<|eot|>",
        f" to=user<|message|>I look.{MUSE_TURN}{MUSE}<|eot|>",
    ],
}
PARALLEL = {
    "hunyuan_v3": [f"<tool_calls>\n{HY3}\n{HY3_2}\n</tool_calls>"],
    "hunyuan_v4": [f"<tool_calls>{HY4}{HY4_2}</tool_calls>"],
    "solar_open2": [f"{SOLAR2}\n{SOLAR2_2}", f"{SOLAR2}{SOLAR2_2}"],
    "solar_open": [f"<|tool_calls|>{SOLAR}{SOLAR_2}<|calls|>"],
    "plamo3": [f"{PLAMOS}{PLAMO}{PLAMO_2}{PLAMOS_END}"],
    "minimax_m1": [f"<tool_calls>\n{JSON}\n{SECOND}\n</tool_calls>"],
    "muse_glimmer": [f"{MUSE}{MUSE_TURN}{MUSE_2}<|eot|>"],
    "muse": [f"{MUSE}{MUSE_TURN}{MUSE_2}<|eot|>", f"{MUSE}<|start|>assistant{MUSE_2}"],
    "qwen3_coder": [f"{XML}\n{XML.replace(NAME, 'search_flights').replace('city', 'origin').replace('Paris', 'Rome')}"],
    "llama3_json": [f"{LLAMA}; {LLAMA_2}", f"{LLAMA}\n{LLAMA_2}", f"<|python_tag|>{LLAMA}<|python_tag|>{LLAMA_2}"],
    "pythonic": [f'[{NAME}(city="Paris"), search_flights(origin="Rome")]'],
    "mistral": [
        f"[TOOL_CALLS] [{JSON}, {SECOND}]",
        f'[TOOL_CALLS]{NAME}[ARGS]{{"city": "Paris"}}[TOOL_CALLS]search_flights[ARGS]{{"origin": "Rome"}}',
    ],
    "phi4_mini": [f"<|tool_call|>[{JSON}, {SECOND}]<|/tool_call|>", f"functools[{JSON}, {SECOND}]"],
    "deepseek_v3": [f"{SECTION}{V3}\n{V31_2}{SECTION_END}"],
    "deepseek_v31": [f"{SECTION}{V31}{V31_2}{SECTION_END}"],
    "internlm": [f"{INTERN}\n{INTERN_2}", f"{INTERN}\n{INTERN_2}".replace("><|plugin", "> <|plugin")],
    "harmony": [f"{HARMONY}<|start|>assistant{HARMONY_2}"],
    "openpangu": [
        f"[unused11][{JSON}, {SECOND}][unused12]",
        f"{PANGU}\n[unused11][{SECOND}][unused12]",
        f"{PANGU_TOKENS}<|tool_call_start|>[{SECOND}]<|tool_call_end|>",
    ],
    "minicpm4": [MINICPM4.replace("\n```\n<", '\nsearch_flights(origin="Rome")\n```\n<')],
    "k2_horizon": [f"<ifm|tool_calls>\n{IFM}\n{IFM_2}\n</ifm|tool_calls>"],
    "minicpm5": [f"{MINI}\n{MINI_2}", f"{MINI}{MINI_2}"],
    "json": [f"[{JSON}, {SECOND}]"],
}
# What decoding without special tokens leaves of calls that servers find by such tokens.
STRIPPED = {
    "mistral": [
        f"[{JSON}]",
        f'{NAME}{{"city": "Paris"}}',
        f'{NAME}[ARGS]{{"city": "Paris"}}',
        f'{NAME}{{"city": "Paris"}}</s>',
    ],
    "phi4_mini": [f"[{JSON}]"],
    "harmony": [
        f'commentary to=functions.{NAME} json{{"city": "Paris"}}',
        f'analysisLet me think.assistantcommentary to=functions.{NAME} json{{"city": "Paris"}}',
    ],
    "kimi_k2": [f'functions.{NAME}:0{{"city": "Paris"}}'],
    "gemma": [f"call:{NAME}{{city:Paris}}", f"thought\nParis.call:{NAME}{{city:Paris}}"],
    "function_gemma": [f"call:{NAME}{{city:Paris}}"],
}
# Text, and how many calls and malformed attempts it makes.
BROKEN = {
    "internlm": [
        (INTERN.replace("><|plugin", "> <|plugin").removesuffix("<|action_end|>"), 0, 1),
        (INTERN.replace("><|plugin", ">  <|plugin"), 0, 1),  # neither server reads two blanks
        ("Calls begin with <|action_start|> <|plugin|> there.", 0, 0),
    ],
    "hunyuan_v3": [
        (HY3, 0, 1),
        (f"<tool_calls>{HY3}", 0, 1),
        (f"<tool_calls>{HY3}</tool_calls><tool_calls>{HY3}</tool_calls>", 1, 1),
        (f"<tool_calls:opensource>{HY3}</tool_calls>", 1, 0),
        ("The <tool_calls> tag begins calls.", 0, 0),
    ],
    "hunyuan_v4": [
        (f"<tool_calls>{HY4.replace('</arg_key><', '</arg_key> <')}</tool_calls>", 0, 1),  # its server drops the pair
        (f"<tool_calls>{HY4.replace('</arg_value>', '')}</tool_calls>", 0, 1),
    ],
    "solar_open2": [
        (SOLAR2.replace(f"{NAME}\n", NAME), 0, 1),  # only a line break ends a name
        (SOLAR2.removesuffix("<|tool_call:end|>"), 0, 1),
        (SOLAR2.replace("<|tool_arg:end|>", ""), 0, 1),
        (
            SOLAR2.replace(
                "Paris<|tool_arg:end|>", "Paris<|tool_arg:end|><|tool_arg:start|>city<|tool_arg:value|>Rome"
            ),
            0,
            1,
        ),
        ("Between <|tool_call:start|> and <|tool_call:end|> stands a call.", 0, 0),
    ],
    "solar_open": [
        (SOLAR, 0, 1),
        (f"<|tool_calls|>{SOLAR.removesuffix('<|tool_call:end|>')}", 0, 1),
        (f"<|tool_calls|>{SOLAR.replace('<|tool_call:name|>', '')}", 0, 1),
        (f"<|tool_calls|>{SOLAR.replace('}', '')}", 0, 1),
    ],
    "plamo3": [
        (PLAMO, 0, 1),
        (f"{PLAMOS}{PLAMO}", 1, 1),
        (f"{PLAMOS}{PLAMO.replace('<|plamo:constrain|>json', '')}{PLAMOS_END}", 0, 1),
        (f"{PLAMOS}{PLAMO.replace('}', '')}{PLAMOS_END}", 0, 1),
        (f"{PLAMOS}{PLAMO}{PLAMO.replace(NAME, '')}{PLAMOS_END}", 1, 1),
    ],
    "gigachat3": [
        (f"{GIGA}\nDone.", 0, 1),
        (f"{GIGA}{GIGA}", 0, 2),
        (GIGA[:-1], 0, 1),
        (f"<|function_call|>[{JSON}]", 0, 1),
        (GIGA.replace("arguments", "parameters"), 0, 1),
        (GIGA.replace('{"city": "Paris"}', '"Paris"'), 0, 1),
        (f"{GIGA_3}\nDone.", 0, 1),
        ("The <|function_call|> token begins a call.", 0, 0),
    ],
    "deepseek_v41": [
        (DSML.replace("｜ ", "｜"), 0, 1),
        (DSML.removesuffix("</｜DSML｜ calls>"), 0, 1),
        (DSML.replace("</｜DSML｜ parameter>", ""), 0, 1),
    ],
    "minimax_m1": [
        (f"<tool_calls>\n{JSON}", 0, 1),
        (f"<tool_calls>\n{JSON}\n</tool_calls>\n<tool_calls>\n{JSON}\n</tool_calls>", 1, 1),
    ],
    "inkling": [
        (INKLING.removesuffix("<|end_message|>"), 0, 1),
        (INKLING.replace("args", "arguments"), 1, 0),  # its server takes what it does not know for no arguments
        (INKLING.replace('"name"', '"tool"'), 0, 1),
    ],
    "muse_glimmer": [
        (MUSE.removesuffix("</atem:function_calls>"), 0, 1),
        (f" to=user<|message|>Write {ATEM}<|eot|>", 0, 1),
        (MUSE.replace(NAME, f"weather.{NAME}"), 1, 0),
    ],
    "qwen3_coder": [
        (XML.removesuffix("\n</tool_call>"), 0, 1),
        (XML.removeprefix("<tool_call>\n"), 0, 1),
        (XML.replace("</parameter>\n", ""), 0, 1),
        (XML.replace("</function>\n", ""), 0, 1),
        (XML[:60], 0, 1),
        (f"{XML}\n<tool_call>\n<function=", 1, 1),
        (f"<tool_call>{XML}", 1, 1),
        (XML.replace(f"={NAME}>", "=>"), 0, 1),
        (XML.replace("</parameter>", "</parameter><parameter=city>Rome</parameter>"), 0, 1),
        (f"{XML}\n<tool_call>{JSON}</tool_call>", 1, 1),
        (f"<tool_call>{JSON}</tool_call>\n{XML}", 1, 1),
        (f"Here: <function={NAME}><parameter=city>Paris</parameter></function>", 0, 1),
        (XML.replace("Paris", "\ud800"), 0, 1),
        (XML.replace("Paris", "<tool_call>{} </tool_call>"), 1, 0),
        ("I use <function=name> tags.", 0, 0),
        ("Calls have a <parameter=x> tag.", 0, 0),
    ],
    "llama3_json": [
        (LLAMA[:-1], 0, 1),
        ("<|python_tag|>", 0, 1),
        ("<|python_tag|>print(1)", 0, 1),
        (f"<|python_tag|>{LLAMA} is what I call.", 0, 1),
        (f"{LLAMA}\nDone.", 0, 1),
        (f"Here is the call: {LLAMA}", 0, 1),
        ('Define {"name": "f", "parameters": {"type": "object", "properties": {}}} first.', 0, 0),
        (f"{LLAMA}; {LLAMA[:-3]}", 0, 1),
        (f"{LLAMA}; 5", 0, 1),
        ('{"name": "f", "parameters": 5}', 0, 1),
        ('{"name": "f", "parameters": {"x": NaN}}', 0, 1),
        ('{"name": "f", "parameters": {"x": 1, "x": 1}}', 0, 1),
        (f"[{JSON}]; {LLAMA}", 0, 1),
        ("The <|python_tag|> token opens a call.", 0, 0),
    ],
    "pythonic": [
        (f'[{NAME}(city="Paris")', 0, 1),
        (f'[{NAME}(city="Paris]', 0, 1),
        (f'[{NAME}("Paris")]', 0, 1),
        (f"[{NAME}(city=Paris)]", 0, 1),
        (f"[{NAME}(city=open('x'))]", 0, 1),
        (f"[{NAME}(city='a' + 'b')]", 0, 1),
        (f"[{NAME}(city=f'{{x}}')]", 0, 1),
        (f"[{NAME}(city=b'x')]", 0, 1),
        (f"[{NAME}(city='a\nb')]", 0, 1),
        (f"[{NAME}(city='a', city='b')]", 0, 1),
        (f"[{NAME}(**{{'city': 'Paris'}})]", 0, 1),  # a server calls this one argument, "null"
        (f"[{NAME}(city={{'a': 1, 'a': 1}})]", 0, 1),
        (f"[{NAME}(city={{1: 2}})]", 0, 1),
        (f"[{NAME}(days=1e999)]", 0, 1),
        (f"[{NAME}(days=nan)]", 0, 1),
        (f"[{NAME}(days=007)]", 0, 1),
        (f"[{NAME}(days=0x10)]", 0, 1),
        (f"[{NAME}(days=1j)]", 0, 1),
        (f"[{NAME}(city='\\ud800')]", 0, 1),
        (f"[{NAME}(city='\\x5')]", 0, 1),
        (f"[{NAME}(city='a' search='b')]", 0, 1),
        (f'[{NAME}(city="Paris")]\nDone.', 0, 1),
        (f'Sure:\n[{NAME}(city="Paris"), {NAME}(city="Rome")]', 0, 2),
        (f'[{NAME}(city="Paris")][{NAME}(city="Rome")]', 0, 1),
        ("<|python_start|>print(1)<|python_end|>", 0, 1),
        ("[print()](https://docs.python.org) writes a line.", 0, 0),
        ("As follows:\n[f(x), g(y)] is a list of values.", 0, 0),
        ("[1] is a citation.", 0, 0),
        ("[see (1)]", 0, 0),
    ],
    "mistral": [
        ("[TOOL_CALLS]", 0, 1),
        ("[TOOL_CALLS][]", 0, 1),
        (f"[TOOL_CALLS][{JSON}][TOOL_CALLS][{JSON}]", 0, 2),  # a server fails on it
        (f"[TOOL_CALLS][{JSON}", 0, 1),
        (f"[TOOL_CALLS]{JSON}", 0, 1),
        (f"[TOOL_CALLS]{NAME}", 0, 1),
        (f"[TOOL_CALLS]{NAME}[ARGS]", 0, 1),
        (f'[TOOL_CALLS]{NAME}[ARGS]{{"city": "Par', 0, 1),
        (f"[TOOL_CALLS]{NAME}[ARGS][1]", 0, 1),
        (f"[TOOL_CALLS][{JSON}, 5]", 1, 1),
        (f'[TOOL_CALLS]{NAME}[ARGS]{{"city": "Paris"}}[TOOL_CALLS]{NAME}[ARGS]{{', 1, 1),
        (f"[TOOL_CALLS][{JSON}] {JSON}", 1, 1),
        (f'{NAME}{{"city": "Par', 0, 1),
        (f'{NAME}{{"city": "Paris"}} and so on', 0, 2),
        ("The [TOOL_CALLS] token opens a list of calls.", 0, 0),
        ("body{color: red}", 0, 0),
        ("set{1, 2}", 0, 0),
    ],
    "phi4_mini": [
        (f"<|tool_call|>{JSON}<|/tool_call|>", 0, 1),
        ("<|tool_call|>[]<|/tool_call|>", 0, 1),
        ("<|tool_call|>", 0, 1),
        (f"<|tool_call|>[{JSON}, 5]<|/tool_call|>", 1, 1),
        (f"functools[{JSON}", 0, 1),
        (f"functools[{JSON}] functools[", 1, 1),
        (f"<|tool_call|>[{JSON}]<|/tool_call|>{JSON}", 1, 1),
        ("Put calls between <|tool_call|> and <|/tool_call|>.", 0, 0),
        ("In Python, functools[partial] is not a thing.", 0, 0),
    ],
    "deepseek_v3": [
        (f"{SECTION}{V3}", 1, 1),
        (f"{SECTION}{SECTION_END}", 0, 1),
        (V31, 0, 1),
        (f"Sure. {V31}", 0, 1),
        (f"{SECTION}{V3.replace('```' + CALL_END, CALL_END)}{SECTION_END}", 0, 1),
        (f"{SECTION}{V31.removesuffix(CALL_END)}{SECTION_END}", 0, 1),
        (f"{SECTION}{V31}{V31[:-30]}{SECTION_END}", 1, 1),
        (f"{SECTION}{V31}{V31[:-30]}", 1, 2),
        (f"{SECTION}{CALL}{SEPARATOR}{{}}{CALL_END}{SECTION_END}", 0, 1),
        (f"{SECTION}{CALL}f{SEPARATOR}[]{CALL_END}{SECTION_END}", 0, 1),
        (f"{SECTION}{CALL}f{SEPARATOR}{{}}{{}}{CALL_END}{SECTION_END}", 0, 1),
        (f"Sections begin with {SECTION} here.", 0, 0),
    ],
    "harmony": [
        (HARMONY.replace('"}', '"'), 0, 1),
        (HARMONY.replace("<|call|>", " done<|call|>"), 0, 1),
        (HARMONY.replace("functions.", "tools."), 0, 1),
        (HARMONY.replace("functions.", "functions. "), 0, 1),
        (HARMONY.replace('{"city": "Paris"}', "[]"), 0, 1),
        (HARMONY.replace('{"city": "Paris"}', ""), 0, 1),
        (f"<|channel|>commentary to=functions.{NAME} <|constrain|>json", 0, 1),
        (f"{HARMONY}<|start|>assistant<|channel|>commentary to=functions.f", 1, 1),
        (f"{HARMONY}<|start|>user{HARMONY}", 1, 1),
        (f"{HARMONY}<tool_call>{JSON}</tool_call>", 1, 1),
        ("<|channel|>commentary to=browser.search<|message|>{}<|call|>", 0, 1),
        (f"commentary to=functions.{NAME} json", 0, 1),
        (f'commentary to=functions.{NAME} json{{"city": "Par', 0, 1),
        (f"<|channel|>analysis<|message|>{HARMONY.removeprefix('<|channel|>')}", 0, 0),
        ("The <|channel|> token names a channel.", 0, 0),
        ("Write to=functions.f in the header.", 0, 0),
    ],
    "openpangu": [
        (PANGU.removesuffix("[unused12]"), 0, 1),
        (PANGU.replace("[{", "{").replace("}]", "}"), 0, 1),
        (PANGU.replace("}]", "}, 7]"), 1, 1),
        (PANGU.replace("arguments", "parameters"), 0, 1),
        (f"{PANGU}[unused11][]", 1, 1),
        (PANGU.replace('"Paris"', "Paris"), 0, 1),
        ("BERT has [unused11] and [unused12].", 0, 0),
        ("Put the calls within [unused11][unused12].", 0, 0),
    ],
    "minicpm4": [
        (MINICPM4.removesuffix("<|tool_call_end|>"), 0, 1),
        (MINICPM4.replace("\n```\n<", "\n<"), 0, 1),
        (MINICPM4.replace('city="Paris"', '"Paris"'), 0, 1),
        (MINICPM4.replace("\n```\n<", " please\n```\n<"), 0, 1),
        (f"{MINICPM4}\n{MINICPM4}", 1, 1),
    ],
    "k2_horizon": [
        (IFM, 0, 1),
        (f"<ifm|tool_calls>{IFM}", 0, 1),
        (f"<ifm|tool_calls>{IFM} please</ifm|tool_calls>", 0, 1),
        ("<ifm|tool_calls></ifm|tool_calls>", 0, 1),
        (f"<ifm|tool_calls>{IFM}</ifm|tool_calls><ifm|tool_calls>{IFM}</ifm|tool_calls>", 1, 1),
        (f"<ifm|tool_calls>{IFM.replace('Paris', '</ifm|tool_calls>')}</ifm|tool_calls>", 0, 1),
        (f"<ifm|tool_calls><ifm|tool_call>{JSON}</ifm|tool_call></ifm|tool_calls>", 0, 1),
        ("The <ifm|tool_calls> tag begins calls.", 0, 0),
    ],
    "minicpm5": [
        (MINI.removesuffix("</function>"), 0, 1),
        (MINI.replace("</param>", ""), 0, 1),
        (MINI.replace("Paris", "<b>Paris</b>"), 0, 1),  # servers lose what is inside
        (MINI.replace("Paris", "<![CDATA[Paris </function>]]>"), 0, 1),  # and end the call here
        (MINI.replace("Paris", "\ud800"), 0, 1),
        (MINI.replace("</function>", '<param name="city">Rome</param></function>'), 0, 1),
        (MINI.replace("</param>", "</param> please"), 0, 1),
        (MINI.replace("</param>", "</param> R&D"), 0, 1),
        (MINI.replace('<param name="city">', "<param>"), 0, 1),
        (MINI.replace("Paris</param>", 'R&D<param><param name="days">3</param>'), 0, 1),
        (MINI.replace(NAME, "no_such_tool"), 0, 1),
        (MINI.replace(NAME, " "), 0, 1),
        (f'{MINI}<function name="', 1, 1),
        ('Calls begin with <function name="...">.', 0, 0),
    ],
}


def cases(table):
    return [
        pytest.param(name, *(case if isinstance(case, tuple) else (case,))) for name in table for case in table[name]
    ]


@pytest.mark.parametrize(("name", "text"), cases(ONE_CALL))
def test_one_call_is_read_by_name_and_by_auto(name, text):
    for chosen in (name, "auto"):
        parsed = wire.parse(text, chosen, TOOLS)
        assert (parsed.calls, parsed.malformed) == ((PARIS,), 0), parsed.reasons


@pytest.mark.parametrize(("name", "text"), cases(STRIPPED))
def test_a_call_without_its_mark_is_read_where_the_format_is_unknown(name, text):
    parsed = wire.parse(text, "auto", TOOLS)
    assert (parsed.calls, parsed.malformed) == ((PARIS,), 0), parsed.reasons
    parsed = wire.parse(text, name, TOOLS)
    assert (parsed.calls, parsed.malformed, parsed.unread) == ((), 1, 1)
    assert "format" in parsed.reasons[0] or f"without {wire.FORMATS[name].needed[0]}" in parsed.reasons[0]


@pytest.mark.parametrize(("name", "text"), cases(PARALLEL))
def test_parallel_calls_are_read_by_name_and_by_auto(name, text):
    for chosen in (name, "auto"):
        parsed = wire.parse(text, chosen, TOOLS)
        assert (parsed.calls, parsed.malformed, parsed.text) == (TWO, 0, ""), parsed.reasons


@pytest.mark.parametrize(("name", "text", "calls", "malformed"), cases(BROKEN))
def test_broken_calls_are_attempts_and_mentions_are_text(name, text, calls, malformed):
    for chosen in (name, "auto"):
        parsed = wire.parse(text, chosen, TOOLS)
        assert (len(parsed.calls), parsed.malformed) == (calls, malformed), (chosen, parsed)
        assert bool(parsed.reasons) == bool(malformed)
    if not calls + malformed:
        assert parsed.text == visible(text, wire.FORMATS.values(), lambda signed: []) or name == "harmony"


@pytest.mark.parametrize("name", [name for name in ONE_CALL if name not in ("qwen3_coder", "llama3_json")])
def test_a_named_format_takes_any_other_for_malformed(name):
    for other in wire.FORMATS:
        if name == other or are_alike(name, other):
            continue
        parsed = wire.parse(wire.render(TWO, other), name, TOOLS)
        # Where tokens may have been stripped, what remains is read.
        assert parsed.malformed >= 1 or parsed.calls == TWO, other
        assert parsed.attempts >= 1, other


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ANALYSIS}<|channel|>final<|message|>Which city?<|return|>", "Which city?"),
        ("analysisThe city is missing.assistantfinalWhich city?", "Which city?"),
        (f"{ANALYSIS}<|channel|>commentary<|message|>Wait.<|end|>{HARMONY}", "Wait."),
        ("<|channel|>final<|message|>Hi", "Hi"),
        ("[THINK]Hm, [TOOL_CALLS][/THINK]Which city?</s>", "Which city?"),
        (f"Here you go.\n{XML}", "Here you go."),
        (f"Sure. {SECTION}{V3}{SECTION_END} Done.", "Sure.  Done."),
        ("Which city?<|eot_id|>", "Which city?"),
        ("analysis of variance compares means", "analysis of variance compares means"),
    ],
)
def test_text_is_what_remains(text, said):
    assert wire.parse(text, "auto", TOOLS).text == said


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        ("city", "3", "3"),
        ("city", "true", "true"),
        ("city", '"Paris"', '"Paris"'),
        ("city", "a </tool_call> tag", "a </tool_call> tag"),
        ("city", '"a </tool_call> tag"', '"a </tool_call> tag"'),
        ("city", '"a \\u003c/parameter> tag"', '"a \\u003c/parameter> tag"'),
        ("city", '{"a": 1}', '{"a": 1}'),
        ("city", " two  spaces ", " two  spaces "),
        ("city", "", ""),
        ("days", "3", 3),
        ("days", " 3 ", 3),
        ("days", "three", "three"),
        ("days", "3.5", 3.5),
        ("days", "1e999", "1e999"),
        ("days", "NaN", "NaN"),
        ("days", "9" * 5000, "9" * 5000),
        ("unknown", "3", "3"),
        ("unknown", "[1, 2]", "[1, 2]"),
        ("unknown", "True", "True"),
        ("unknown", '"3"', '"3"'),
    ],
)
def test_plain_text_is_typed_by_the_schema(parameter, text, value):
    completion = XML.replace("=city", f"={parameter}").replace("Paris", text)
    (call,) = wire.parse(completion, "auto", TOOLS).calls
    assert repr(call.arguments) == repr({parameter: value})


VALUES = Toolset(
    [
        {
            "name": "f",
            "parameters": {
                "properties": {
                    "text": {"type": "string"},
                    "list": {"type": "array"},
                    "any": {"type": ["string", "null"]},
                    "one": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
                    "all": {"allOf": [{"type": "integer"}]},
                    "other": {"anyOf": [{"type": "integer"}]},
                    "fixed": {"const": 3},
                    "few": {"enum": [3, None]},
                }
            },
        }
    ]
)


MINICPM5_VALUES = [
    ("text", "a &lt; b &amp; c", "a < b & c"),
    ("text", "a < b &amp; c", "a < b &amp; c"),  # no XML, so that servers read it by its tags
    ("text", "AT&T", "AT&T"),
    ("text", " two words ", " two words "),
    ("text", " if a < b ", "if a < b"),
    ("text", "<![CDATA[<b>\n</param>]]>", "<b>\n</param>"),
    ("text", "['a']", "['a']"),
    ("list", "['a', True, {'b': None}]", ["a", True, {"b": None}]),
    ("list", '["a", true, {"b": null}]', ["a", True, {"b": None}]),
    ("list", "<![CDATA[['a < b']]]>", ["a < b"]),
    ("list", "['a'] + []", "['a'] + []"),
    ("list", "{{'a': 1}}", "{{'a': 1}}"),
    ("any", "None", None),
    ("any", "none", "none"),
]


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        *((parameter, "3", 3) for parameter in ("one", "all", "other", "fixed", "few")),
        ("one", "null", None),
        ("few", "null", None),
        ("text", "3", "3"),
    ],
)
def test_the_schema_s_types_are_seen_behind_alternatives(parameter, text, value):
    completion = f"<tool_call>\n<function=f>\n<parameter={parameter}>\n{text}\n</parameter>\n</function>\n</tool_call>"
    (call,) = wire.parse(completion, "qwen3_coder", VALUES).calls
    assert repr(call.arguments) == repr({parameter: value})


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    MINICPM5_VALUES,
)
def test_values_of_minicpm5_are_xml_and_python(parameter, text, value):
    completion = f'<function name="f"><param name="{parameter}">{text}</param></function>'
    (call,) = wire.parse(completion, "minicpm5", VALUES).calls
    assert call.arguments == {parameter: value}


@pytest.mark.parametrize(
    "text", ["x\r\x08", "\r\x08", "\x08 ", "a & b\x01", "<b>\x1f\n", "x\r", " a\r\n", "]]>\x08", "]]>"]
)
def test_texts_that_xml_cannot_hold_come_back_from_minicpm5(text):
    """XML has no control characters: servers then read by the tags, where nothing is unescaped."""
    call = ToolCall("f", {"s": text, "other": "x & y\r"})
    tools = Toolset([{"name": "f", "parameters": {"type": "object", "properties": {
        "s": {"type": "string"}, "other": {"type": "string"},
    }}}])  # fmt: skip
    assert wire.parse(wire.render([call], "minicpm5", tools), "minicpm5", tools).calls == (call,)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("-3", -3),
        ("+ 3", 3),
        ("1_000", 1000),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("None", None),
        ("(1, 2)", [1, 2]),
        ("(1)", 1),
        ("()", []),
        ("{1, 2}", [1, 2]),
        ("{}", {}),
        ("{'a': [None, {'b': -1,},],}", {"a": [None, {"b": -1}]}),
        ("r'\\d'", "\\d"),
        ("'\\d'", "\\d"),
        ("'\\101\\n\\\n.'", "A\n."),
        ("f'plain'", "plain"),
        ('"""two\nlines"""', "two\nlines"),
        ("''", ""),
        ("9" * 4300, int("9" * 4300)),
    ],
)
def test_python_literals_are_read(literal, value):
    (call,) = wire.parse(f"[f(x={literal})]", "pythonic").calls
    assert repr(call.arguments) == repr({"x": value})


@pytest.mark.parametrize("content", [XML, HARMONY, f"<tool_call>{JSON}</tool_call>"])
def test_a_call_left_in_the_text_beside_parsed_calls_is_malformed(content):
    tool_calls = [{"function": {"name": NAME, "arguments": '{"city": "Paris"}'}}]
    parsed = wire.parse({"role": "assistant", "content": content, "tool_calls": tool_calls}, tools=TOOLS)
    assert (parsed.calls, parsed.malformed) == ((PARIS,), 1)


@pytest.mark.parametrize("name", list(wire.FORMATS))
def test_what_a_format_writes_around_reasoning_is_not_said(name):
    before, behind = wire.FORMATS[name].reasoning_block
    for chosen in (name, "auto"):
        calls = written_in(name, TWO)
        parsed = wire.parse(f"{before}Paris, I think.{behind}{wire.render(calls, name, TOOLS)}", chosen, TOOLS)
        assert (parsed.calls, parsed.malformed, parsed.text) == (calls, 0, ""), parsed.reasons


@pytest.mark.parametrize(
    ("name", "recipient", "calls", "malformed", "said"),
    [
        ("muse_glimmer", " to=self", (), 0, ""),
        ("muse_glimmer", " to=user", (), 1, "Hm."),
        ("muse_glimmer", "", (), 1, "Hm."),
        ("muse_glimmer", " to=commentary", (PARIS,), 0, "Hm."),
        ("muse_glimmer", f" to={NAME}", (PARIS,), 0, "Hm."),
        ("muse", " to=self", (), 0, ""),
        ("muse", " to=user", (), 1, "Hm."),
        ("muse", "", (), 0, ""),
        ("muse", " to=commentary", (), 1, "Hm."),
        ("muse", " to=developer", (), 0, ""),
        ("muse", f" to={NAME}", (PARIS,), 0, "Hm."),
    ],
)
def test_muse_calls_in_messages_to_tools_only(name, recipient, calls, malformed, said):
    parsed = wire.parse(f"{recipient}<|message|>Hm. {ATEM}<|eot|>", name, TOOLS)
    assert (parsed.calls, parsed.malformed) == (calls, malformed)
    assert parsed.text.startswith(said)
    assert said or not parsed.text


@pytest.mark.parametrize(("name", "value"), [("muse_glimmer", 5), ("muse", "5")])
def test_a_text_of_digits_is_one_to_the_later_server_of_muse(name, value):
    parsed = wire.parse(MUSE.replace("Paris", "5"), name, TOOLS)
    assert parsed.calls == (ToolCall(NAME, {"city": value}),)


def test_line_breaks_around_a_value_are_the_value_s_in_mimo():
    for text, city in (("Paris", "Paris"), ("\nParis\n", "\nParis\n"), (" Paris", " Paris")):
        completion = XML.replace("\nParis\n", text)
        assert wire.parse(completion, "mimo", TOOLS).calls == (ToolCall(NAME, {"city": city}),)


def test_names_of_kimi_k3_are_escaped():
    calls = (ToolCall('a&b"c', {"k&amp;q <x>": "v & w"}),)
    text = wire.render(calls, "kimi_k3")
    assert 'tool="a&amp;b&quot;c"' in text
    assert wire.parse(text, "kimi_k3").calls == calls


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hunyuan_v3", f"<tool_calls>{HY4}</tool_calls>"),  # its server looks for <tool_sep>
        ("hunyuan_v4", f"<tool_calls>{HY3}</tool_calls>"),
        ("hunyuan_v4", f"<tool_calls>{HY4.replace('</arg_key><', '</arg_key> <')}</tool_calls>"),
        ("hunyuan", f"<tool_calls>{HY4}</tool_calls>"),
        ("minimax_m1", f"<tool_calls>[{JSON}]</tool_calls>"),
        ("deepseek_v4", DSML),
    ],
)
def test_a_sister_format_is_no_call_to_the_server(name, text):
    parsed = wire.parse(text, name, TOOLS)
    assert (parsed.calls, parsed.malformed) == ((), 1)


def test_granite_3_1_writes_its_mark_as_text():
    for text in (f"<tool_call>[{JSON}]", f"Let me look.\n<tool_call> [{JSON}]"):
        parsed = wire.parse(text, "granite", TOOLS)
        assert (parsed.calls, parsed.malformed) == ((PARIS,), 0)
    for text in (f"<tool_call>{JSON}</tool_call>", f"<tool_call>[{JSON}"):
        parsed = wire.parse(text, "granite", TOOLS)
        assert (parsed.calls, parsed.malformed) == ((), 1)


ENDING_REASONING = (
    *("hermes", "qwen3_coder", "mimo", "seed_oss", "glm", "glm47", "kimi_k2"),
    *("gemma", "deepseek_v4", "deepseek_v41", "minimax_m2", "mistral", "k2_horizon", "plamo3"),
)


@pytest.mark.parametrize("name", ENDING_REASONING)
def test_a_call_ends_reasoning_that_nothing_closes(name):
    opening, closing = wire.FORMATS[name].reasoning[0]
    written = wire.render(TWO, name, TOOLS)
    parsed = wire.parse(f"{opening}Paris, I think.\n{written}", name, TOOLS)
    assert (parsed.calls, parsed.malformed, parsed.text) == (TWO, 0, ""), parsed.reasons
    assert wire.parse(f"{opening}Paris, I think.\n{written}", "auto", TOOLS).calls == (), "no server is known"
    for chosen in (name, "auto"):
        assert wire.parse(f"{opening}Maybe {written}{closing}Which city?", chosen, TOOLS).calls == ()
        assert wire.parse(f"{opening}Paris, I th", chosen, TOOLS) == wire.ParsedCompletion()


@pytest.mark.parametrize("name", ["deepseek_v3", "deepseek_v32", "granite", "lfm2", "cohere"])
def test_reasoning_goes_on_where_servers_wait_for_its_end(name):
    opening, _ = wire.FORMATS[name].reasoning[0]
    assert wire.parse(f"{opening}Paris.\n{wire.render(TWO, name, TOOLS)}", name, TOOLS).calls == ()
