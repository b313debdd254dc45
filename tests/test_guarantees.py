"""What holds against hostile upstreams (S) and faults (T), and which tests hold it: each has one that would fail."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent
NUMBERS = [
    *(f"S{number}" for number in range(1, 28)),
    *("T1", "T2", "T5", "T6", "T9"),
    *(f"T{number}" for number in range(19, 43)),
    *("S41", "S44", "T51"),
]


class Held(NamedTuple):
    """A sentence, and the tests that hold it as `path::name`, below `tests/`; `besides` what is not built, and why."""

    sentence: str
    tests: tuple[str, ...]
    besides: str = ""


def held(sentence: str, *tests: str, besides: str = "") -> Held:
    return Held(sentence, tests, besides)


GUARANTEES: dict[str, Held] = {
    "S1": held(
        "No connection is opened to an address that is not public, however it was found, IPv4 inside IPv6 included.",
        "edge/http/test_addresses.py::test_s1_ranges_of_ipv4_that_are_not_public",
        "edge/http/test_addresses.py::test_s1_ranges_of_ipv6_that_are_not_public",
        "edge/http/test_addresses.py::test_s1_nothing_is_public_that_python_knows_to_be_reserved",
        "edge/http/test_guard.py::test_s1_a_name_for_what_is_not_public_is_blocked",
        "test_command_sources.py::test_add_says_what_is_wrong_and_stores_nothing",
    ),
    "S2": held(
        "It is the address of the socket that is checked: odd ways to write one are blocked like the plain one.",
        "edge/http/test_guard.py::test_s2_every_way_to_write_loopback_is_blocked",
        "edge/http/test_guard.py::test_s2_the_host_is_what_a_browser_would_take",
    ),
    "S3": held(
        "A name is looked up once; the address that was checked is the one that is asked, under the name.",
        "edge/http/test_guard.py::test_s3_a_name_is_looked_up_once_and_what_was_checked_is_asked",
        "edge/http/test_guard.py::test_s3_the_name_is_what_tls_is_about",
    ),
    "S4": held(
        "Of an answer with public and private addresses only public ones are used.",
        "edge/http/test_guard.py::test_s4_of_a_mixed_answer_only_the_public_is_used",
    ),
    "S5": held(
        "Each hop of a redirect is checked before it is asked; there are five at most, and only to the web.",
        "edge/http/test_guard.py::test_s5_a_redirect_to_what_is_not_public_is_not_followed",
        "edge/http/test_guard.py::test_s5_a_redirect_to_what_is_no_web_address_is_not_followed",
        "edge/http/test_redirects.py::test_s5_five_are_followed_and_no_more",
        "edge/http/test_redirects.py::test_s5_a_loop_ends",
    ),
    "S6": held(
        "Secrets go to the origin they were given for and never from https to http; the environment is not asked.",
        "edge/http/test_redirects.py::test_s6_what_is_secret_goes_to_its_origin_alone",
        "edge/http/test_redirects.py::test_s6_the_same_host_with_another_name_or_port_is_another_origin",
        "edge/http/test_redirects.py::test_s6_what_is_secret_is_not_led_from_https_to_http",
        "edge/http/test_redirects.py::test_no_referer_and_no_cookies",
        "edge/http/test_guard.py::test_the_environment_is_asked_for_nothing",
        "core/polling/test_redirects.py::test_credentials_never_follow_to_another_origin",
    ),
    "S7": held(
        "No request leaves past the guarded client, whatever names the address.",
        "test_layers.py::test_s7_no_request_leaves_past_the_guarded_client",
        "test_layers.py::test_a_library_is_imported_in_its_home_alone",
    ),
    "S8": held(
        "An operator allows networks by name, for one client; nothing turns the guard off.",
        "edge/http/test_addresses.py::test_s8_an_operator_allows_networks",
        "edge/http/test_addresses.py::test_s8_the_list_of_one_client_is_not_that_of_another",
        "edge/http/test_addresses.py::test_s8_there_is_no_switch_that_allows_everything_and_no_guessing",
        "edge/http/test_guard.py::test_s8_an_allowed_network_is_asked",
        besides="hub callbacks, whose list is another, come with push",
    ),
    "S9": held(
        "Only the ports of the web are asked, and those that an operator allows.",
        "edge/http/test_addresses.py::test_s9_ports",
        "edge/http/test_guard.py::test_s9_another_port_is_refused",
        "edge/http/test_guard.py::test_s9_a_redirect_to_another_port_is_refused",
    ),
    "S10": held(
        "An error about a blocked address does not show what is there, nor whether anything is.",
        "edge/http/test_guard.py::test_s10_nothing_shows_what_is_there",
    ),
    "S11": held(
        "A body that unpacks to more than its bound is given up, also that of a redirect or an error.",
        "edge/http/test_bodies.py::test_s11_a_bomb_is_stopped",
        "edge/http/test_bodies.py::test_s11_the_body_of_a_redirect_is_not_read",
        "edge/http/test_bodies.py::test_s11_the_body_of_an_error_is_not_read_to_its_end",
    ),
    "S12": held(
        "More than one coding, and one that we did not ask for, is refused.",
        "edge/http/test_bodies.py::test_s12_another_coding_is_refused",
    ),
    "S13": held(
        "What does not end is ended by its size or by the time of the whole request.",
        "edge/http/test_bodies.py::test_s13_what_does_not_end_is_ended_by_size",
        "edge/http/test_bodies.py::test_s13_crumbs_are_not_read",
        "edge/http/test_bodies.py::test_s13_the_bounds_are_exact",
        "edge/http/test_bodies.py::test_t24_t25_what_drips_or_stalls_is_ended",
    ),
    "S14": held(
        "The head of an answer has bounds: its bytes, its lines, its first line.",
        "edge/http/test_bodies.py::test_s14_heads_have_bounds",
        "edge/http/test_bodies.py::test_s14_the_bound_is_64_kib",
    ),
    "S15": held(
        "Only codings are asked for whose output can be bounded.",
        "edge/http/test_bodies.py::test_s15_only_what_can_be_bounded_is_asked_for",
    ),
    "S16": held(
        "Nothing that a document declares is expanded or opened; names of HTML still mean what they mean.",
        "core/upstream/test_limits.py::test_what_a_document_names_is_neither_opened_nor_expanded",
        "core/upstream/test_limits.py::test_a_billion_laughs_are_not_told",
        "core/upstream/test_guarded.py::test_s16_a_declaration_stops_the_parser",
        "core/upstream/test_limits.py::test_names_of_html_work_with_any_document_type",
    ),
    "S17": held(
        "Depth, elements, attributes and texts of a document have bounds, kept while it is read.",
        "core/upstream/test_limits.py::test_a_document_beyond_a_bound_is_refused",
        "core/upstream/test_limits.py::test_a_document_at_a_bound_is_read",
    ),
    "S18": held(
        "Reading takes 20 s of CPU and 512 MiB at most; beyond, its process ends and nothing else does.",
        "jobs/test_parsers.py::test_the_limits_of_the_project_are_those_of_the_requirements",
        "jobs/test_parsers.py::test_a_document_that_takes_its_process_along_is_killed_and_the_process_replaced",
        "jobs/test_parsers.py::test_memory_is_limited_beyond_what_an_idle_process_has",
    ),
    "S19": held(
        "No text of others makes reading take more than in proportion to its length.",
        "core/upstream/test_limits.py::test_an_author_of_64_kb_costs_nothing_and_nothing_else_is_lost",
        "core/upstream/test_limits.py::test_documents_made_to_take_long_come_back",
        "core/upstream/test_discovery.py::test_what_is_hostile_takes_no_more_than_linear_time",
        "core/lists/test_opml.py::test_what_is_hostile_takes_no_more_than_linear_time",
    ),
    "S20": held(
        "Whatever the encoding claims to be, what is stored is UTF-8 without what no format can carry.",
        "core/upstream/test_charset.py::test_a_feed_is_read_in_the_encoding_that_it_is_in",
        "core/upstream/test_charset.py::test_what_is_no_character_is_in_no_text",
        "core/upstream/test_charset.py::test_any_bytes_become_utf_8",
        "core/upstream/test_articles.py::test_text_that_no_database_takes_is_cleaned",
        "core/upstream/test_jsonfeed.py::test_odd_characters_are_read_over_and_clean",
        "core/render/test_roundtrip.py::test_one_bad_character_in_a_title_breaks_no_feed",
    ),
    "S21": held(
        "JSON has a depth of 64 at most and no numbers that others read otherwise; of two equal keys the last counts.",
        "core/upstream/test_jsonfeed.py::test_what_is_no_feed_says_so",
        "core/upstream/test_jsonfeed.py::test_a_depth_of_64_is_read",
        "core/upstream/test_jsonfeed.py::test_numbers_that_others_would_read_otherwise_are_text",
        "core/upstream/test_jsonfeed.py::test_of_a_key_given_twice_the_last_counts_and_it_is_noticed",
    ),
    "S22": held(
        "YAML makes texts and nothing else, and its aliases are bounded, in front matter and in lists of feeds.",
        "core/test_frontmatter.py::test_any_front_matter_is_read_or_refused_with_a_line",
        "core/test_frontmatter.py::test_what_cannot_be_published_says_where_and_what_to_do",
        "core/lists/test_lists.py::test_aliases_of_yaml_are_bounded",
    ),
    "S23": held(
        "Of HTML only what is on the list is kept, and a second parser finds nothing else.",
        "core/test_html.py::test_attacks_leave_nothing_for_a_second_parser",
    ),
    "S24": held(
        "Addresses in texts, and those of entries, files, people and feeds, lead to the web or nowhere.",
        "core/test_html.py::test_attacks_leave_nothing_for_a_second_parser",
        "core/test_html.py::test_an_address_is_made_safe_or_refused",
        "core/upstream/test_articles.py::test_no_address_of_another_scheme_gets_through",
        "core/upstream/test_feed_facts.py::test_links_of_a_feed_are_absolute_and_lead_to_the_web",
        "core/upstream/test_discovery.py::test_links_of_a_page",
    ),
    "S25": held(
        "HTML is cleaned when it comes in; plain text is kept as text and escaped for each format.",
        "core/upstream/test_articles.py::test_titles_of_rss_are_plain_text",
        "core/upstream/test_articles.py::test_content_of_atom_is_what_its_type_says",
        "core/render/test_roundtrip.py::test_any_text_comes_back_from_every_format",
        "flows/test_publishing.py::test_files_are_read_again_when_the_way_to_read_them_changes",
        besides="what upstream brought is cleaned anew only when its document changes; files are read again",
    ),
    "S26": held(
        "What was cleaned stays the same when it is cleaned again.",
        "core/test_html.py::test_cleaning_twice_is_cleaning_once",
        "core/test_html.py::test_what_a_second_parser_would_move_is_where_it_belongs",
        "core/test_html.py::test_cleaning_twice_is_cleaning_once_in_a_crowd",
    ),
    "S27": held(
        "Pictures that nobody sees are taken out, and no relation is added to what is stored.",
        "core/test_html.py::test_the_rest_is_settled",
        besides="addresses keep their query (utm_*): they are an article's identity; there is no option for either",
    ),
    "S41": held(
        "Lists of feeds are bounded and open nothing; what they bring is spread and no burst.",
        "core/lists/test_opml.py::test_entities_are_inert",
        "core/lists/test_opml.py::test_a_hundred_thousand_outlines_are_bounded_and_told",
        "core/lists/test_opml.py::test_outlines_deeper_than_32_are_left_out_and_told",
        "core/lists/test_lists.py::test_no_more_than_ten_thousand_are_taken",
        "flows/test_faults.py::test_t40_s41_an_import_of_five_hundred_feeds_of_a_host_is_spread_over_an_hour",
    ),
    "S44": held(
        "Credentials are shown in no error, no command and no export.",
        "edge/http/test_redirects.py::test_s44_no_error_shows_credentials",
        "edge/http/test_targets.py::test_s44_what_is_secret_is_not_shown",
        "test_command_sources.py::test_secrets_are_sent_to_their_origin_and_shown_nowhere",
    ),
    "T1": held(
        "A daemon that is killed at any moment loses nothing, doubles nothing and needs no hand to go on.",
        "daemon/test_kills.py::test_t1_t51_twenty_kills_lose_nothing_double_nothing_and_ask_nobody_twice",
        "test_command_sources.py::test_a_killed_daemon_loses_nothing_and_asks_nobody_again",
    ),
    "T2": held(
        "Articles and validators are stored together or not at all.",
        "store/test_poll_faults.py::test_a_kill_between_articles_and_commit_loses_nothing",
        "store/test_poll_faults.py::test_a_statement_that_fails_leaves_everything_as_it_was",
        "flows/test_faults.py::test_t2_what_breaks_between_articles_and_validators_leaves_neither",
        "flows/test_polling.py::test_articles_and_validators_are_stored_together_or_not_at_all",
    ),
    "T5": held(
        "A parser that dies takes one document along and is replaced.",
        "jobs/test_parsers.py::test_a_document_that_takes_its_process_along_is_killed_and_the_process_replaced",
        "jobs/test_parsers.py::test_a_process_killed_from_outside_takes_only_its_document_along",
        "flows/test_faults.py::test_t6_what_kills_its_parser_three_times_is_quarantined_and_told_and_the_rest_runs",
    ),
    "T6": held(
        "What kills its parser three times is asked no more, and people are told; the rest runs.",
        "flows/test_faults.py::test_t6_what_kills_its_parser_three_times_is_quarantined_and_told_and_the_rest_runs",
        "core/polling/test_outcome.py::test_a_document_that_kills_its_parser_three_times_in_a_row_is_quarantined",
    ),
    "T9": held(
        "After a sleep what is overdue is spread, and what failed through it is nobody's fault.",
        "daemon/test_dispatch.py::test_t9_after_a_sleep_what_is_overdue_is_spread",
        "daemon/test_dispatch.py::test_t9_what_fails_since_we_were_stopped_is_not_counted",
        "daemon/test_stopped.py::test_t9_a_daemon_that_was_stopped_goes_on_and_blames_nobody",
    ),
    "T19": held(
        "No clock that was wrong leaves a source unpolled, a host at rest or a date in the future.",
        "daemon/test_dispatch.py::test_t19_a_clock_ten_years_ahead_and_back_leaves_nobody_unpolled",
        "daemon/test_dispatch.py::test_t19_a_clock_that_is_put_back_delays_nobody_for_longer_than_usual",
        "core/polling/test_standing.py::test_a_host_never_rests_for_ten_years",
        "core/polling/test_headers.py::test_how_long_to_wait_is_bounded",
    ),
    "T20": held(
        "Dates are read the same in every time zone; those that cannot be are none.",
        "core/upstream/test_consensus.py::test_the_same_bytes_give_the_same_articles_in_every_time_zone",
        "core/upstream/test_articles.py::test_dates_are_read_without_a_clock",
        "core/polling/test_headers.py::test_a_date_of_http",
    ),
    "T21": held(
        "Names that are not answered for are given up in time, and hold up nobody else.",
        "edge/http/test_resolve.py::test_t21_a_name_that_cannot_be_looked_up",
        "edge/http/test_resolve.py::test_t21_a_lookup_that_hangs_is_left",
        "edge/http/test_resolve.py::test_t21_others_are_looked_up_while_names_hang",
        "edge/http/test_resolve.py::test_t21_a_name_with_an_ipv6_address_alone",
    ),
    "T22": held(
        "While we are offline nothing is counted; afterwards all are polled soon, and spread.",
        "daemon/test_dispatch.py"
        "::test_t22_after_a_day_without_names_nobody_has_failed_and_all_are_polled_within_an_interval_and_spread",
        "core/polling/test_outage.py::test_offline_is_when_nearly_nothing_finds_a_way_out",
        "core/polling/test_outcome.py::test_while_we_are_offline_nothing_is_counted",
    ),
    "T23": held(
        "Thousands of sources that fail do not delay those that are well.",
        "flows/test_lateness.py::test_five_hundred_good_sources_among_five_thousand_failing_ones_are_on_time",
    ),
    "T24": held(
        "Servers that drip hold their connections for a bounded time, and those that are well are asked.",
        "edge/http/test_bodies.py::test_t24_t25_what_drips_or_stalls_is_ended",
        "edge/http/test_bodies.py::test_t24_the_deadline_is_for_all_redirects_together",
        "edge/http/test_bodies.py::test_t24_others_do_not_wait_for_the_slow",
        "daemon/test_dispatch.py::test_t24_sources_that_drip_hold_all_connections_for_no_longer_than_their_time",
    ),
    "T25": held(
        "A body that trickles or stalls is given up, and nothing of it is stored.",
        "edge/http/test_bodies.py::test_t24_t25_what_drips_or_stalls_is_ended",
        "flows/test_polling.py::test_a_failure_changes_nothing_that_is_published_and_no_validator",
    ),
    "T26": held(
        "Bodies without end are ended by their size, packed or not.",
        "edge/http/test_bodies.py::test_s11_a_bomb_is_stopped",
        "edge/http/test_bodies.py::test_s13_what_does_not_end_is_ended_by_size",
    ),
    "T27": held(
        "What came in part is an error or read as a part, never as the whole.",
        "edge/http/test_bodies.py::test_t27_what_is_not_whole_is_an_error",
        "edge/http/test_bodies.py::test_t27_more_than_was_announced_is_seen_wherever_it_is_cut",
        "flows/test_polling.py::test_a_document_that_is_cut_off_keeps_what_it_has_and_is_asked_for_again",
    ),
    "T28": held(
        "Of too many entries the newest are read, in portions, and it is told once.",
        "core/upstream/test_limits.py::test_of_too_many_entries_the_newest_are_read_in_portions",
        "core/upstream/test_limits.py::test_what_was_dropped_does_not_come_in_later",
        "edge/http/test_bodies.py::test_s13_the_bounds_are_exact",
    ),
    "T29": held(
        "An entry that is too large is cut or left out, with a word about it, and the others are read.",
        "core/upstream/test_limits.py::test_an_entry_that_is_too_large_is_left_out_and_the_others_are_read",
        "core/upstream/test_limits.py::test_an_entry_of_too_many_elements_is_read_in_part",
        "core/test_html.py::test_outsize_input_comes_out_bounded",
    ),
    "T30": held(
        "Entries that share, change or lack their ids stay what they are, poll after poll.",
        "flows/test_polling.py::test_an_entry_stays_the_same_article",
        "flows/test_faults.py::test_t30_a_source_whose_ids_were_shared_once_is_not_trusted_with_them_later",
        "flows/test_faults.py::test_t30_an_id_in_another_case_or_scheme_is_the_same_id",
        "flows/test_polling.py::test_entries_that_hide_who_they_are_are_all_kept_and_never_doubled",
        "flows/test_polling.py::test_two_entries_of_one_id_do_not_overwrite_each_other_for_fifty_polls",
    ),
    "T31": held(
        "Doubles are one row of a feed; what several feeds have is shown once, and the same one stays.",
        "flows/test_polling.py::test_of_two_states_of_an_entry_in_a_document_the_newer_counts",
        "flows/test_faults.py"
        "::test_t31_an_entry_of_two_feeds_is_a_row_of_each_and_shown_once_by_the_one_that_had_it_first",
        "flows/test_faults.py::test_t31_an_entry_of_twelve_feeds_is_stored_for_each",
    ),
    "T32": held(
        "What changes at every poll is stored 24 times and no more, ten minutes apart.",
        "flows/test_polling.py::test_an_entry_that_shows_the_time_of_day_is_no_news_for_ever",
        "flows/test_polling.py::test_a_change_that_comes_too_soon_is_stored_when_its_time_has_come",
    ),
    "T33": held(
        "What is absent is not deleted, and its return is no news.",
        "flows/test_polling.py::test_what_is_absent_is_not_deleted_and_its_return_is_no_news",
    ),
    "T34": held(
        "Odd dates and none give an order that stays, and nothing is pinned to the top.",
        "flows/test_faults.py::test_t34_odd_dates_keep_their_order_over_restarts_and_polls",
        "flows/test_polling.py::test_a_date_in_the_future_pins_nothing_to_the_top",
        "flows/test_polling.py::test_an_entry_without_a_date_keeps_the_time_it_was_first_seen",
    ),
    "T35": held(
        "A 304 is taken for what it is, and another body under the same validator is read.",
        "flows/test_faults.py::test_t35_another_body_under_the_same_validator_is_read",
        "edge/http/test_connections.py::test_t35_a_304_with_a_body_leaves_nothing_behind",
        "core/polling/test_outcome.py::test_a_304_replaces_the_validators_that_it_carries",
        "core/polling/test_outcome.py::test_a_304_that_nobody_asked_for_is_an_error_and_all_is_asked_for_next",
    ),
    "T36": held(
        "Validators go back as they came; those that cannot be sent are dropped.",
        "edge/http/test_validators.py::test_t36_validators_are_sent_as_they_came",
        "edge/http/test_validators.py::test_t36_what_cannot_be_sent_is_left_out",
        "core/polling/test_headers.py::test_a_validator_that_cannot_be_sent_back_is_dropped",
    ),
    "T37": held(
        "A source moves only where every hop is for good, for a week; two that become one are polled once.",
        "core/polling/test_redirects.py"
        "::test_only_a_chain_that_is_permanent_from_its_first_hop_on_says_where_a_source_went",
        "core/polling/test_redirects.py::test_a_source_moves_after_ten_successes_over_a_week",
        "manners/test_month.py::test_only_the_source_that_moved_for_good_has_a_new_address",
        "flows/test_faults.py::test_t37_a_source_that_moves_onto_another_is_a_double_and_only_the_other_is_polled",
    ),
    "T38": held(
        "410 is believed the third time; 404 never, and a host that has its hours of it is asked every two.",
        "core/polling/test_outcome.py::test_gone_is_believed_after_three_times_in_three_days",
        "core/polling/test_outcome.py::test_gone_once_is_still_polled_and_forgotten_when_it_is_back",
        "core/polling/test_hosts.py::test_the_daily_404s_of_a_video_site_cost_nobody_more_than_two_hours",
        "manners/test_month.py::test_no_publisher_finds_fault_in_a_month",
        "manners/test_month.py::test_what_became_of_each_source_in_the_end",
    ),
    "T39": held(
        "A host that asks for rest is asked nothing, for none of its feeds and by nobody's hand.",
        "flows/test_faults.py::test_t39_one_of_fifty_that_is_asked_to_wait_silences_all_of_its_host",
        "core/polling/test_headers.py::test_how_long_to_wait_is_bounded",
    ),
    "T40": held(
        "The feeds of a host are asked one by one and a second apart, and hold up nobody else.",
        "daemon/test_dispatch.py::test_t40_the_feeds_of_one_host_are_asked_one_by_one_and_hold_nobody_up",
        "flows/test_faults.py::test_t40_s41_an_import_of_five_hundred_feeds_of_a_host_is_spread_over_an_hour",
        "store/test_schedule_properties.py::test_nothing_is_polled_twice_at_a_time_and_nothing_is_lost",
    ),
    "T41": held(
        "A page in the place of all feeds changes no article and no validator.",
        "flows/test_faults.py::test_t41_a_captive_portal_before_all_feeds_changes_nothing_and_no_validator",
    ),
    "T42": held(
        "A certificate that does not hold is an error, and so is a handshake that hangs.",
        "edge/http/test_tls.py::test_t42_a_certificate_that_does_not_hold",
        "edge/http/test_tls.py::test_t42_a_handshake_that_hangs_is_left",
        "edge/http/test_tls.py::test_t42_a_handshake_that_drips_is_left",
        besides="there is no way to accept one all the same",
    ),
    "T51": held(
        "A storm of restarts asks nobody again within the interval.",
        "daemon/test_kills.py::test_t1_t51_twenty_kills_lose_nothing_double_nothing_and_ask_nobody_twice",
    ),
}


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the tests of a file, those in classes as `Class::name`; nothing is imported."""
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


@pytest.mark.parametrize("number", NUMBERS)
def test_each_guarantee_is_held_by_tests_that_exist(number: str) -> None:
    guarantee = GUARANTEES[number]
    missing = [test for test in guarantee.tests if test.partition("::")[2] not in names_in(test.partition("::")[0])]
    assert (bool(guarantee.tests), missing) == (True, [])


def test_there_is_nothing_else_in_the_table() -> None:
    assert set(GUARANTEES) == set(NUMBERS)
