"""What rows for anybody's tools hold: values that are known to be meant, and questions for those that are not."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from rewards import Behavior
from rlvr.cli import main
from rlvr.data.synth import any_tools
from rlvr.data.synth.any_tools.asking import asked_for
from rlvr.data.synth.any_tools.drawn_calls import draw_arguments
from rlvr.data.synth.any_tools.toolset import SpokenToolset
from rlvr.errors import UserError
from rlvr.files import write_json

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def tool(called: str, description: str, required: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "function": {"name": called, "description": description, "parameters": parameters}}


def known(*tools: dict[str, Any]) -> SpokenToolset:
    toolset = SpokenToolset(tools, is_guessing=False)
    toolset.usable(range(len(tools)))
    return toolset


@pytest.mark.parametrize(
    ("name", "description", "parameter", "schema"),
    [
        ("send_message", "Send a message to a channel.", "text", TEXT),
        ("web_search", "Search the web.", "query", TEXT),
        ("create_project", "Create a project.", "name", TEXT),
        ("get_weather", "Get the weather of a city.", "city_name", TEXT),
        ("set_color", "Change the color of a lamp.", "color", TEXT),
        ("search_library", "Search a library.", "library", {**TEXT, "description": "Its name, e.g. 'numpy'"}),
        ("run_pipeline", "Run a pipeline.", "mode", {**TEXT, "enum": ["fast", "full"]}),
        ("get_order", "Get an order.", "order_id", TEXT),
        ("get_directions", "Get the directions between two places.", "to", TEXT),
        ("send_email", "Send an email.", "recipient", {**TEXT, "description": "Email address of the recipient"}),
        ("set_level", "Change the level of a tank.", "level", {**NUMBER, "minimum": 1, "maximum": 9}),
        ("weigh_parcel", "Weigh a parcel.", "load", {**NUMBER, "description": "The load in kg"}),
        ("read_file", "Read a file.", "path", TEXT),
        ("get_forecast", "Get the weather forecast.", "location", TEXT),
        ("track_parcel", "Track a parcel.", "carrier", TEXT),
        ("get_animal_fact", "Get a fact about an animal species.", "animal", TEXT),
        ("get_followers", "Get the followers of a profile.", "handle", TEXT),
        ("read_file", "Read a file.", "path", {**TEXT, "description": "Path, in folder/file format"}),
        ("crawl_site", "Crawl a site.", "url", TEXT),
        ("get_note", "Get a note.", "identifier", {**TEXT, "description": "ID of the note"}),
        ("pay_bill", "Pay a bill.", "amount", NUMBER),
        ("get_patient", "Get a patient.", "patient_id", {**TEXT, "description": "ClinicNet patient ID"}),
        ("send_mail", "Send a mail.", "email", {**TEXT, "description": "The address that get_user_mail returns"}),
        ("translate_text", "Translate a text.", "language", {**TEXT, "description": "Two-letter language code"}),
        ("list_songs", "List songs.", "country", {**TEXT, "description": "An ISO 3166-1 alpha-2 code"}),
        ("list_schools", "List schools.", "state", {**TEXT, "description": "State abbreviation"}),
        ("search_flights", "Search flights.", "origin", {**TEXT, "description": "City of departure"}),
        ("get_quote", "Get the quote of a stock.", "symbol", TEXT),
        ("book_table", "Book a table.", "time", TEXT),
        ("find_house", "Find a house.", "address", TEXT),
    ],
)
def test_what_is_told_is_drawn(name: str, description: str, parameter: str, schema: dict[str, Any]) -> None:
    (each,) = known(tool(name, description, parameter, **{parameter: schema})).usable([0])
    assert not each.unknown
    assert parameter in draw_arguments(each, Random(0))


@pytest.mark.parametrize(
    ("name", "description", "parameter", "schema"),
    [
        ("run_pipeline", "Run a pipeline.", "configContent", TEXT),  # a word of a name is not its end
        ("run_pipeline", "Run a pipeline.", "scheduleText", TEXT),
        ("add_footnote", "Add a footnote to a page.", "footnote_text", TEXT),
        ("create_release", "Create a release.", "name", TEXT),
        ("search_memory", "Search the memory.", "query", TEXT),
        ("get_value", "Get the value of a cell.", "key", TEXT),
        ("rename_key", "Rename a key.", "new_key", TEXT),
        ("assign_task", "Assign a task.", "assignee", {**TEXT, "description": "User ID of the assignee"}),
        ("set_level", "Change the level of a tank.", "target", NUMBER),
        ("purge_cache", "Purge the cache.", "max_age", NUMBER),
        ("run_script", "Run a script in a browser.", "path", TEXT),
        ("import_table", "Import a table.", "csv_path", TEXT),
        ("move_item", "Move an item of the inventory.", "location", TEXT),
        ("upgrade_cluster", "Upgrade a Kubernetes cluster.", "region", {**TEXT, "description": "Region slug"}),
        ("score_patient", "Score a patient.", "instrument", {**TEXT, "description": "Questionnaire name"}),
        ("get_rate", "Get the rate of a phone.", "carrier", TEXT),
        ("search_recipes", "Search recipes.", "query", {**TEXT, "description": "Products, pages or files to look for"}),
        ("get_plan", "Get a plan.", "project_url", TEXT),
        ("get_hotel", "Get a hotel.", "url", {**TEXT, "description": "Booking.com URL of the hotel"}),
        ("get_version", "Get a version of the docs.", "version_slug", TEXT),
        ("pop_stash", "Pop a stash of a git repository.", "stash_ref", TEXT),
        ("order_book", "Order a book of a library.", "pickup_branch", TEXT),
        ("feed_animal", "Feed an animal.", "animal", TEXT),
        ("book_trip", "Book a trip.", "city", {**TEXT, "description": "City, as returned by search_cities"}),
        ("book_trip", "Book a trip.", "city", {**TEXT, "description": "City, as the agency writes it"}),
        ("get_forecast", "Get the forecast.", "city", {**TEXT, "description": "Place in country/city format"}),
        ("get_user", "Get a user.", "user_id", {**TEXT, "description": "ID, format: team:user"}),
        ("get_paper", "Get a paper.", "paper_id", {**TEXT, "description": "The arXiv ID of the paper"}),
        ("get_note", "Get a note by its title.", "identifier", TEXT),
        ("get_song", "Get a song by its address.", "url", TEXT),
        ("get_page", "Get a page.", "url", {**TEXT, "description": "YouTube video URL or ID"}),
        ("get_matches", "Get the matches of a player.", "game", {**TEXT, "description": "Game name of the player"}),
        ("search_code", "Search code.", "pattern", TEXT),
        ("search_votes_for_member", "Search votes.", "query", TEXT),
        ("web_search", "Search the web.", "query", {**TEXT, "description": "A technical query"}),
        ("pull_image", "Pull an image of a container.", "name", {**TEXT, "description": "Image name"}),
        ("book_trip", "Book a trip.", "city", {**TEXT, "description": "\u57ce\u5e02\u540d\u79f0"}),
        ("book_trip", "Book a trip.", "city", {**TEXT, "description": "A code, only of `get-station-codes`"}),
        ("get_tasks", "Get tasks.", "workspace", {**TEXT, "description": "The workspace GID to get tasks from"}),
        ("get_token", "Get a token.", "tokenName", {**TEXT, "description": "Name of the token"}),
        ("save_svg", "Save an SVG.", "svg_code", TEXT),
        ("open_channel", "Open a channel.", "rsaKey", TEXT),
        ("add_budget_item", "Add an item to the budget.", "brand", TEXT),
        (
            "get_route",
            "Get a route.",
            "origin",
            {**TEXT, "description": "Origin coordinates (format: latitude,longitude)"},
        ),
        ("move_service", "Move a service.", "time_window", {**TEXT, "description": "New time window"}),
        ("list_projects", "List projects.", "language", {**TEXT, "description": "Language of the repository"}),
        ("water_plant", "Water a plant.", "amount", {**NUMBER, "description": "Amount in other units"}),
        ("list_items", "List items.", "short", {**NUMBER, "examples": [1], "description": "Short ones if true"}),
        # What some 4,000 public APIs show for these is as often another form as the one that the name says.
        ("translate_text", "Translate a text.", "language", TEXT),
        ("list_songs", "List songs.", "country", TEXT),
        ("list_schools", "List schools.", "state", TEXT),
        ("search_flights", "Search flights.", "origin", TEXT),
        ("get_balance", "Get the balance of a wallet.", "address", TEXT),
        ("list_fees", "List the fees of an exchange.", "exchange_code", TEXT),
        ("get_signals", "Get the signals of a market.", "timeframe", TEXT),
        ("join_call", "Join a call.", "password", TEXT),
        ("list_events", "List events.", "start_time", {**TEXT, "description": "Those after a date and time"}),
        ("list_events", "List events.", "since_date", {**TEXT, "description": "As a UNIX timestamp"}),
        ("get_portfolio", "Get a portfolio.", "owner", {**TEXT, "description": "The GID of its owner"}),
        ("add_song", "Add a song to a queue.", "uri", {**TEXT, "description": "A track or an episode URI"}),
        ("load_music", "Load a music file.", "file_path", TEXT),
        ("restore_backup", "Restore a backup file.", "backup_path", TEXT),
        ("filter_variants", "Filter the variants.", "cadd_score", NUMBER),
    ],
)
def test_what_is_only_guessed_is_asked_for(name: str, description: str, parameter: str, schema: dict[str, Any]) -> None:
    guessed = tool(name, description, parameter, **{parameter: schema})
    (each,) = known(guessed).usable([0])
    assert each.unknown == {parameter}
    rows = any_tools.rows([guessed], 6, behaviors={"clarify": 1}, masked=0.0)
    assert {row.ground_truth.behavior for row in rows} == {Behavior.CLARIFY}
    assert {row.ground_truth.missing for row in rows} == {(parameter,)}
    assert any_tools.rows([guessed], 4, behaviors={"single": 1}, guesses=True)[0].ground_truth.calls


@pytest.mark.parametrize(
    ("parameter", "description", "form"),
    [
        ("secret_reference", "Secret reference in op://vault/item/field format.", r"op://[a-z]+/[a-z]+/[a-z]+"),
        ("animal", "Animal ID (KM-ANM-XXXX-XXXXX) or animal name", r"KM-ANM-\d{4}-\d{5}"),
        ("animal", "Animal ID or name", r"[A-Z][a-z]+"),
        ("confirmation_number", "Number, HB-######", r"HB-\d{6}"),
        ("item_id", 'The item, in the format "item:{id}"', r"item:\w+"),
        ("phone", "Phone number in E.164 format", r"\+\d+"),
        ("phone", 'Phone number (e.g., "+15551234567")', r"\+\d+"),
        ("phone", "Phone number", r"\+1-\d{3}-\d{3}-\d{4}"),
        ("caller_id", "Caller ID to use for the call", r"\+1-\d{3}-\d{3}-\d{4}"),
        ("river", "Name of the river", r"the [A-Z][a-z]+"),
        ("warehouse", "Its name ('Reno' or 'Leeds'). Omit for all.", "Reno|Leeds"),
        ("category", "fertilizer, tool, seed, other", "fertilizer|tool|seed|other"),
        ("symbol", "Symbol of a coin (e.g., 'XMR', 'DOT')", "XMR|DOT"),
        ("encoding", "Encoding (e.g., 'utf8', 'big5', 'gbk')", "utf8|big5|gbk"),
        ("patient_id", "Patient ID (e.g., 'p001')", r"p\d{3}"),
        ("date", "The date (DD.MM.YYYY)", r"\d\d\.\d\d\.202\d"),
        ("date", "The date as MM/DD/YYYY", r"\d\d/\d\d/202\d"),
        ("start", "Strictly yyyy/MM/dd-HH:mm:ss", r"202\d/\d\d/\d\d-\d\d:\d\d:00"),
        ("start", "As YYYY-MM-DD-hh-mm-ss", r"202\d-\d\d-\d\d-\d\d-\d\d-00"),
        ("start", "As yyyy-MM-dd'T'HH:mm", r"202\d-\d\d-\d\dT\d\d:\d\d"),
        ("item_ids", "Comma-separated item ids", r"\w[\w-]*(?:,\w[\w-]*)?"),
        ("contact", "Email or phone", r"\S+@\S+"),
        ("start_time", "ISO datetime for the start", r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z"),
        ("payment_id", "", r"P-\d+"),
        ("area", "Area, such as 'education', 'simulation'", "education|simulation"),
        ("protocol", "Protocol (e.g., 'HTTP', 'FTP', 'DNS')", "HTTP|FTP|DNS"),
        ("document", "Document, e.g., 'Policy2023-EDU'", r"Policy\d{4}-EDU"),
        ("cuisine", "Cuisine", "[A-Z][a-z]+an|Thai|Lebanese"),
        ("gene", "Gene symbol (e.g., 'BRAF', 'TP53')", "BRAF|TP53"),
        ("variant", "Variant (e.g., 'chr7:g.140753336A>T')", r"chr\d:g\.\d{9}A>T"),
        ("answer", "Answer (e.g. '127.0.0.1')", r"(?:(?:1?\d?\d|2[0-4]\d|250)\.){3}(?:1?\d?\d|2[0-4]\d|250)"),
        ("city", "\u57ce\u5e02\uff0c\u4f8b\u5982\uff1a'Lodz'\u3001'Brno'", "Lodz|Brno"),
        ("moment", "When (e.g. '2000-5-15 12:00:00')", r"\d{4}-\d\d-\d\d \d\d:\d\d:00"),
    ],
)
def test_a_stated_form_says_more_than_a_word_of_the_name(parameter: str, description: str, form: str) -> None:
    schema = {**TEXT, "description": description}
    (each,) = known(tool("check_item", "Check an item of the river.", parameter, **{parameter: schema})).usable([0])
    for seed in range(20):
        assert re.fullmatch(form, draw_arguments(each, Random(seed))[parameter])


def test_ids_in_commas_are_sometimes_several() -> None:
    ids = {**TEXT, "description": "Item ids, separated by commas"}
    (each,) = known(tool("check_items", "Check some items.", "item_ids", item_ids=ids)).usable([0])
    assert {draw_arguments(each, Random(seed))["item_ids"].count(",") for seed in range(20)} == {0, 1}


@pytest.mark.parametrize("ending", ["by its ID", "by MAC address", "of a network", ""])
def test_a_tool_about_one_thing_that_takes_nothing_is_left_out(ending: str) -> None:
    about = "the" if ending else "a specific"
    named = tool("get_device", f"Get {about} device {ending}.")
    bare = tool("list_devices", "List the devices sorted by name.")
    assert known(named, bare).unusable.keys() == {"get_device"}


@pytest.mark.parametrize(("description", "most"), [("Cities. One entry only.", 1), ("Cities, one entry each.", 3)])
def test_a_list_of_one_entry_only_holds_one(description: str, most: int) -> None:
    cities = {"type": "array", "items": TEXT, "description": description}
    (each,) = known(tool("get_weather", "Get the weather of cities.", "cities", cities=cities)).usable([0])
    assert max(len(draw_arguments(each, Random(seed))["cities"]) for seed in range(20)) == most


@pytest.mark.parametrize("schema", [{**TEXT, "pattern": "^[^=]+=[^=]+$"}, {**TEXT, "format": "binary"}])
def test_what_nobody_could_say_is_not_even_asked_for(schema: dict[str, Any]) -> None:
    assert known(tool("upload_image", "Upload an image.", "extended", extended=schema)).usable([0]) == ()


@pytest.mark.parametrize("verb", ["update", "edit"])
def test_what_changes_a_thing_without_saying_to_what_is_left_out(verb: str) -> None:
    schema = tool(f"{verb}_config", f"{verb.title()} the config of a plugin.", "plugin_id", plugin_id=TEXT)
    assert "what it writes" in known(schema).unusable[f"{verb}_config"]


def test_a_log_says_what_is_noted_and_not_only_of_what() -> None:
    size = {**NUMBER, "description": "Height in cm"}
    schema = tool("log_growth", "Log the growth of a plant.", "plant", plant=TEXT, height=size, notes=TEXT)
    (each,) = known(schema).usable([0])
    assert all("height" in draw_arguments(each, Random(seed)) for seed in range(20))


def test_what_fits_some_trades_only_is_said_where_it_must_be() -> None:
    name = {**TEXT, "description": "Name, e.g. 'Rosa'"}
    book = tool("book_trip", "Book a trip.", "day", day={**TEXT, "format": "date"}, notes=TEXT, hotel=TEXT, guide=name)
    note = tool("add_note", "Add a note to a task.", "task_id", task_id=TEXT, note=TEXT)
    trip, noted = known(book, note).usable([0, 1])
    assert [parameter.name for parameter in trip.parameters] == ["day", "guide"]
    assert trip.left_out.keys() == {"notes", "hotel"}
    assert "note" in draw_arguments(noted, Random(0))


def test_what_a_docstring_says_of_its_arguments_tells_their_values() -> None:
    description = """Download a paper.

    Args:
        paper_id: arXiv paper ID (e.g., '2106.12345').
        channel (str): The channel,
            e.g. 'stable', 'beta'
        - `day`: Day (DD.MM.YYYY)

    Returns:
        text: All of it
    """
    strings = dict.fromkeys(("paper_id", "channel", "day"), TEXT)
    toolset = known(tool("download_paper", description, "paper_id channel day", **strings))
    (each,) = toolset.usable([0])
    arguments = draw_arguments(each, Random(0))
    assert re.fullmatch(r"\d{4}\.\d{5}", arguments["paper_id"])
    assert arguments["channel"] in ("stable", "beta")
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", arguments["day"])
    assert each.schema["function"]["parameters"]["properties"] == strings


def test_an_optional_guess_is_left_out_for_its_reason() -> None:
    schema = tool("create_project", "Create a project.", "title", title=TEXT, hint=TEXT, fooText=TEXT)
    (each,) = known(schema).usable([0])
    assert each.left_out.keys() == {"hint", "fooText"}
    assert all(why.startswith("no values: nothing tells") for why in each.left_out.values())


@pytest.mark.parametrize(
    ("description", "is_drawn"),
    [
        ("The color of the chart", True),
        ("The color, only used when mode is custom", False),
        ("Required if `style` is plain", False),
    ],
)
def test_what_makes_sense_beside_others_only_is_left_out(description: str, is_drawn: bool) -> None:
    color = {**TEXT, "description": description}
    (each,) = known(tool("draw_chart", "Draw a chart.", "chart_id", chart_id=TEXT, color=color)).usable([0])
    assert ("color" not in each.left_out) is is_drawn


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("research_agent", "Autonomous agent that browses the internet and finds things."),
        ("stats", "WeRead import figures with a breakdown for each of the books."),
        ("expect_response", "Ask the browser to start waiting."),
        ("response_assertion", "Wait for and validate a response."),
        ("file_compressor", "Archives of logs and other old files of a server."),
        ("bucket_order", "Tasks on two levels, with the oldest of them on top."),
    ],
)
def test_a_tool_whose_task_nothing_tells_is_left_out(name: str, description: str) -> None:
    toolset = known(tool(name, description))
    assert "nothing tells what it does" in toolset.unusable[name]


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("recipe_adapt", "Pro \u2014 Adapt a recipe for a diet.", "adapt a recipe for a diet"),
        ("click", "Clicks on an element of the page.", "click on an element of the page"),
        ("run_job", "Manually trigger a job to run immediately.", "trigger a job"),
        ("image_search", "", "search images"),
        ("hybrid_search", "", "search something"),
        ("merge_papers", "Return the bounded that follow.", "merge the papers"),
        ("ready_orders", "Show only the orders that have arrived.", "show the orders that have arrived"),
        ("get_plugins_with_problems", "Get all plugins with problems.", "get all plugins with problems"),
        ("get_orders", "Get all orders with limits.", "get all orders"),
        ("tft_deck_list", "TFT deck list tool for decks.", "list the tft deck"),
        ("security_update", "Perform security updates on a server.", "update the security"),
        ("secure_layout", "Put the layout into a safe state.", "put the layout into a safe state"),
        ("enter_fair_mode", "Turn ON the fair mode.", "turn on the fair mode"),
        ("emergency_stop", "Emergency-stop a train at once.", "stop a train at once"),
        ("match_adoptions", "Run the adoption matching engine to find pairs.", "run the adoption matching engine"),
        ("find_tasks", "Find tasks matching filters.", "find tasks"),
        (
            "find_places",
            "Find points of interest and amenities near a spot on the globe.",
            "find points of interest and amenities near a spot",
        ),
        (
            "sync_status",
            "Check the status of file synchronization and of all background jobs.",
            "check the status of file synchronization and of all background jobs",
        ),
        ("get_summary", "Get a summary of an article tailored to help a reader.", "get a summary of an article"),
        ("create_work_order", "Create a work order", "create a work order"),
        ("check_host", "Check if the host is filtered", "check if the host is filtered"),
        ("thank_you_stats", "Get a summary of the thank you notes sent.", "get a summary of the thank you notes sent"),
        (
            "get_release_json",
            "Gets information about the latest available release of the software.",
            "get the information about the latest available release of the software",
        ),
        ("get_news", "\u83b7\u53d6 The News", "get the news"),
        ("find_article", "Search MyVariant.info for articles.", "search articles in myvariant.info"),
        ("get_product_details", "Retrieves the complete, detailed information of products.", "get the product details"),
        ("feedback_tool", "Evaluates and provides feedback on technique.", "get the feedback on technique"),
        ("store_manager", "Manage and set up new stores.", "manage new stores"),
        ("FileReadTool", "A tool that reads the content of a file.", "read the content of a file"),
        ("FileWriterTool", "A tool to write content to a file.", "write content to a file"),
        ("PageTool", "A tool that can be used to read a page of a book.", "read a page of a book"),
        ("NewsSearchTool", "A tool that performs news searches.", "search news"),
        ("FileCompressorTool", "Compresses a file or directory into an archive.", "compress a file"),
        ("find_papers", "Search IBM DB2 vector database for papers", "search papers in IBM DB2 vector database"),
        ("list_kinds", "List all kinds and how to use them.", "list all kinds"),
    ],
)
def test_tasks_are_told_by_a_sentence_or_by_a_verb(name: str, description: str, task: str) -> None:
    (each,) = known(tool(name, description, choice={**TEXT, "enum": ["spring", "autumn"]})).usable([0])
    assert each.task == task


@pytest.mark.parametrize(
    ("name", "task", "description", "asked"),
    [
        ("delete_tag", "Remove unused tags from the system.", "Tag ID to delete", "tag ID"),
        ("cluster_get_config", "Get the config for a cluster.", "The cluster UUID", "cluster ID"),
        ("delete_tag", "Delete a tag.", "Unique ID", "tag ID"),
    ],
)
def test_a_bare_id_is_of_what_its_description_begins_with(name: str, task: str, description: str, asked: str) -> None:
    (each,) = known(tool(name, task, "id", id={**TEXT, "description": description})).usable([0])
    assert asked_for(each.required[0]) == asked


def test_a_new_name_does_not_make_the_id_one_of_another_thing() -> None:
    number = {**NUMBER, "description": "ID of the droplet to rename"}
    name = {**TEXT, "description": "New name for the droplet"}
    (each,) = known(tool("rename_droplet", "Rename a droplet.", "id name", id=number, name=name)).usable([0])
    assert asked_for(each.required[0]) == "droplet ID"


def test_how_long_a_program_waits_between_calls_is_not_drawn() -> None:
    (each,) = known(tool("renew_loan", "Renew a loan.", "loan_id", loan_id=TEXT, delay_seconds=NUMBER)).usable([0])
    assert [parameter.name for parameter in each.parameters] == ["loan_id"]


@pytest.mark.parametrize("required", ["order_ids", "order_ids user_id"])
def test_lists_alone_are_not_spread_over_calls(required: str) -> None:
    ids = {"type": "array", "items": TEXT}
    schema = tool("cancel_orders", "Cancel orders.", required, order_ids=ids, user_id=TEXT)
    if required == "order_ids":
        with pytest.raises(UserError, match="parallel"):
            any_tools.rows([schema], 4, behaviors={"parallel": 1}, masked=0.0)
    else:
        assert len(any_tools.rows([schema], 4, behaviors={"parallel": 1}, masked=0.0)) == 4


def test_what_says_nothing_without_what_is_left_out_is_no_tool() -> None:
    schema = tool("search_memory", "Search the memory of a session.", "session_id", session_id=TEXT, query=TEXT)
    assert "query" in known(schema).unusable["search_memory"]


def test_one_setting_is_not_set_twice_at_once() -> None:
    schema = tool("set_budget", "Set the budget.", "amount", amount=NUMBER)
    with pytest.raises(UserError, match="parallel"):
        any_tools.rows([schema], 4, behaviors={"parallel": 1}, masked=0.0)


def test_days_before_months_are_in_order_too() -> None:
    day = {**TEXT, "description": "Day (DD.MM.YYYY)"}
    schema = tool("book_room", "Book a room.", "start_date end_date", start_date=day, end_date=day)
    (each,) = known(schema).usable([0])
    for arguments in (draw_arguments(each, Random(seed)) for seed in range(40)):
        first, last = (arguments[name].split(".")[::-1] for name in ("start_date", "end_date"))
        assert first <= last


@pytest.mark.parametrize(
    "names", [("source_timezone", "target_timezone"), ("from_currency", "to_currency"), ("base_revision", "revision")]
)
def test_two_ends_are_not_alike(names: tuple[str, str]) -> None:
    schema = tool("convert_time", "Convert the time of a git commit.", " ".join(names), **dict.fromkeys(names, TEXT))
    (each,) = known(schema).usable([0])
    drawn = [draw_arguments(each, Random(seed)) for seed in range(40)]
    assert not any(arguments[names[0]] == arguments[names[1]] for arguments in drawn)


def test_old_and_new_texts_come_together() -> None:
    schema = tool("edit_file", "Edit a file.", "path", path=TEXT, old_text=TEXT, new_text=TEXT)
    (each,) = known(schema).usable([0])
    drawn = [draw_arguments(each, Random(seed)) for seed in range(40)]
    assert all(("old_text" in arguments) is ("new_text" in arguments) for arguments in drawn)


def test_what_is_moved_stays_of_its_kind() -> None:
    schema = tool("move_file", "Move a file.", "source destination", source=TEXT, destination=TEXT)
    (each,) = known(schema).usable([0])
    drawn = [draw_arguments(each, Random(seed)) for seed in range(40)]
    assert all(a["source"].rpartition(".")[2] == a["destination"].rpartition(".")[2] for a in drawn)


def test_no_chain_takes_a_thing_of_another_kind() -> None:
    sessions = tool("list_sessions", "List all active terminal sessions.")
    searches = tool("list_searches", "List all active searches.")
    stop = tool("stop_search", "Stop a search.", "session_id", session_id=TEXT)
    with pytest.raises(UserError, match="chain"):
        any_tools.rows([sessions, searches, stop], 4, behaviors={"chain": 1}, masked=0.0)


def test_a_toolset_of_guesses_alone_says_what_to_do(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tools, out = tmp_path / "tools.json", tmp_path / "rows.jsonl"
    write_json(tools, [tool("search_memory", "Search the memory.", "query", query=TEXT)])
    assert main(["data", "synth", f"tools={tools}", f"out={out}", "rows=4"]) == 2
    assert "guesses=true" in capsys.readouterr().err
    assert main(["data", "synth", f"tools={tools}", f"out={out}", "rows=4", "guesses=true"]) == 0
    assert main(["data", "synth", f"tools={tools}", f"out={out}.2", "rows=4", "behaviors.clarify=1"]) == 0
    assert "search_memory.query: only asked for" in capsys.readouterr().out


def test_rows_that_call_few_of_the_tools_say_which(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tools, out = tmp_path / "tools.json", tmp_path / "rows.jsonl"
    guessed = [tool(f"search_{thing}", "Search it.", "query", query=TEXT) for thing in ("hints", "traces")]
    write_json(tools, [*guessed, tool("get_order", "Get an order.", "order_id", order_id=TEXT)])
    assert main(["data", "synth", f"tools={tools}", f"out={out}", "rows=4"]) == 0
    assert "all calls are of 1 of the tools (get_order)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "parameter", "description"),
    [
        ("get_history", "course", "Course ID or name"),
        ("validate_secret", "secret_reference_id", "In vault/item/field format"),
        ("slice_series", "handle", "What an earlier call returned"),
    ],
)
def test_a_description_that_asks_for_another_form_is_believed(name: str, parameter: str, description: str) -> None:
    schema = {**TEXT, "description": description}
    (each,) = known(tool(name, "Get the history of an animal.", parameter, **{parameter: schema})).usable([0])
    assert each.unknown == {parameter}


def test_phones_are_of_the_form_that_is_asked_for_and_one_entry_is_one() -> None:
    phone = {**TEXT, "description": "Phone number in E.164 format"}
    files = {"type": "array", "items": TEXT, "description": "Files to send. One entry only."}
    (each,) = known(tool("send_sms", "Send an SMS.", "phone files", phone=phone, files=files)).usable([0])
    for arguments in (draw_arguments(each, Random(seed)) for seed in range(20)):
        assert arguments["phone"][1:].isdigit()
        assert len(arguments["files"]) == 1
