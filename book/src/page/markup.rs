//! A lesson as Markdown with HTML, for mdBook. Blocks of HTML end at an empty line, so they hold none.

use std::fmt::Write as _;

use crate::cell::Cell;
use crate::chapter::Block;
use crate::exercise::HINTS;
use crate::html::escape;
use crate::markdown::inline;
use crate::quiz::{Card, Quiz};
use crate::{Day, Exercise};

/// The whole page. `link` makes links of the terms in a piece of prose.
pub(super) fn page(day: &Day, mut link: impl FnMut(&str) -> String) -> String {
    let mut page = String::new();
    let mut listing = false;
    for (index, block) in day.chapter.blocks.iter().enumerate() {
        let Block::Prose(text) = block else {
            page += &part(block, day);
            continue;
        };
        // The titles of papers are not where words are explained.
        let at = if listing { Some(0) } else { text.find("## Sources") };
        listing = at.is_some();
        let (before, sources) = text.split_at(at.unwrap_or(text.len()));
        let text = link(before) + sources;
        page += &if index == 0 { with_header(day, &text) } else { prose(&text) };
    }
    if !day.chapter.notes.is_empty() {
        page += "\n<details class=\"instructor-notes\"><summary>Instructor notes</summary>\n\n";
        for block in &day.chapter.notes {
            page += &part(block, day);
        }
        page += "\n</details>\n\n";
    }
    page
}

/// The empty place for a cell's outputs, and the same place filled: `insert_outputs` replaces one by the other.
pub(super) fn outputs_place(id: &str, outputs: &str) -> String {
    let recorded = if outputs.is_empty() { "" } else { " recorded" };
    format!("<div class=\"outputs{recorded}\" data-outputs=\"{id}\">{outputs}</div>")
}

fn part(block: &Block, day: &Day) -> String {
    match block {
        Block::Prose(text) => prose(&with_plan(text)),
        Block::Cell(cell) => self::cell(cell, ""),
        Block::Exercise(exercise) => self::exercise(exercise),
        Block::Quiz(quiz) => self::quiz(quiz),
        Block::Cards(cards) => {
            format!("\n<div class=\"cards\">{}</div>\n\n", cards_html(cards, day.header.number))
        }
        Block::Explorable(explorable) => {
            format!("\n{}\n\n", super::explorable::place(&explorable.about.name))
        }
    }
}

/// Puts the day's question and times under its title.
fn with_header(day: &Day, text: &str) -> String {
    let header = &day.header;
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let minutes = header.minutes;
    format!(
        "{title}\n\n<div class=\"day-header\" data-skim=\"{1}\" data-core=\"{2}\" data-workshop=\"{3}\"><p class=\"question\">{0}</p><p class=\"facts\">\
         {1} minutes to skim, {2} for the core, {3} as a workshop. Modules: {4}.</p></div>\n\n{5}",
        inline(&header.question),
        minutes.skim,
        minutes.core,
        minutes.workshop,
        header
            .modules
            .iter()
            .map(|module| format!("<code>{}</code>", escape(module)))
            .collect::<Vec<_>>()
            .join(", "),
        prose(rest)
    )
}

/// Quotes that start with `**Predict.**` become boxes to write in.
fn prose(text: &str) -> String {
    let mut page = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with("> **Predict.**") {
            page.push_str(line);
            page.push('\n');
            continue;
        }
        page += "\n<div class=\"predict\">\n\n";
        page += line.trim_start_matches('>').trim_start();
        page.push('\n');
        while let Some(more) = lines.next_if(|line| line.starts_with('>')) {
            page += more.trim_start_matches('>').trim_start();
            page.push('\n');
        }
        page += "\n</div>\n\n";
    }
    page
}

fn cell(cell: &Cell, class: &str) -> String {
    let role = cell.role;
    let mut html = format!(
        "\n<section class=\"cell{class}\" id=\"{id}\" data-cell=\"{id}\" data-source=\"{}\" aria-label=\"Cell {id}\">\n",
        escape(&cell.source),
        id = cell.id
    );
    if role.fails {
        html += "<p class=\"on-purpose\">This cell fails on purpose.</p>\n";
    }
    if role.setup {
        html += "<details class=\"setup\"><summary>Set-up</summary>\n";
    }
    let _ = write!(html, "\n```rust,noplayground\n{}\n```\n\n", cell.source);
    if role.setup {
        html += "</details>\n";
    }
    html + &outputs_place(&cell.id, "") + "\n</section>\n\n"
}

fn exercise(exercise: &Exercise) -> String {
    let [starter, check] = exercise.cells();
    let mut html = format!(
        "\n<section class=\"exercise\" data-exercise=\"{}\" aria-label=\"Exercise: {}\">\n\n### Exercise: {}\n\n\
         <p class=\"meta\">{}, about {} minutes</p>\n\n{}\n",
        exercise.id,
        escape(&exercise.title),
        exercise.title,
        exercise.level.name(),
        exercise.minutes,
        exercise.statement
    );
    html += &cell(&starter, " starter");
    // The check is one line of the library: a button is enough.
    let _ = write!(
        html,
        "\n<section class=\"cell check\" id=\"{id}\" data-cell=\"{id}\" data-source=\"{}\" aria-label=\"Check of {id}\">{}</section>\n\n",
        escape(&check.source),
        outputs_place(&check.id, ""),
        id = check.id
    );
    for (hint, name) in exercise.hints.iter().zip(HINTS) {
        html += &folded("hint", &format!("Hint: {name}"), hint);
    }
    html += &folded("solution", "A solution", &format!("```rust,noplayground\n{}\n```", exercise.solution));
    html + "</section>\n\n"
}

fn folded(class: &str, summary: &str, text: &str) -> String {
    format!(
        "\n<details class=\"{class}\"><summary>{}</summary>\n\n{}\n\n</details>\n\n",
        inline(summary),
        text.trim()
    )
}

fn quiz(quiz: &Quiz) -> String {
    format!("\n<div class=\"quiz\" id=\"{}\">{}</div>\n\n", quiz.id, questions(quiz, ""))
}

/// The questions of a quiz. `prefix` keeps the same question on two pages apart.
pub(super) fn questions(quiz: &Quiz, prefix: &str) -> String {
    let mut html = String::new();
    for item in &quiz.items {
        let name = item.id(&quiz.id);
        let _ = write!(html, "<fieldset data-item=\"{name}\"><legend>{}</legend>", inline(&item.question));
        for (index, option) in item.options.iter().enumerate() {
            let _ = write!(
                html,
                "<div class=\"option\" data-correct=\"{}\"><label><input type=\"radio\" name=\"{prefix}{name}\" value=\"{index}\"> \
                 {}</label> <span class=\"why\">{}</span></div>",
                option.correct,
                inline(&option.text),
                inline(&option.why)
            );
        }
        html += "</fieldset>";
    }
    html
}

/// Flash cards that open.
pub(super) fn cards_html(cards: &[Card], day: u32) -> String {
    let card = |card: &Card| {
        format!(
            "<details class=\"card\" data-card=\"{}\"><summary>{}</summary><p>{}</p></details>",
            card.id(day),
            inline(&card.front),
            inline(&card.back)
        )
    };
    cards.iter().map(card).collect()
}

/// Puts the minutes of a workshop, which the notes give in one line, into a table with the time of each part.
fn with_plan(text: &str) -> String {
    let Some((before, rest)) = text.split_once("**Minutes (workshop") else { return text.to_owned() };
    let Some((_, rest)) = rest.split_once("**") else { return text.to_owned() };
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    let parts: Option<Vec<(String, u32)>> = line
        .trim()
        .trim_end_matches('.')
        .split('·')
        .map(|part| {
            // "exercises 20 (the rest as homework)": what is in parentheses belongs to the name.
            let (part, aside) = part.split_at(part.find(" (").unwrap_or(part.len()));
            let (name, minutes) = part.trim().rsplit_once(' ')?;
            Some((format!("{}{}", name.trim(), aside.trim_end()), minutes.parse().ok()?))
        })
        .collect();
    let Some(parts) = parts.filter(|parts| parts.len() > 2) else { return text.to_owned() };
    let mut table = String::from(
        "<table class=\"plan\"><caption>The workshop, minute by minute</caption><thead><tr><th scope=\"col\">from</th>\
         <th scope=\"col\">minutes</th><th scope=\"col\">part</th></tr></thead><tbody>",
    );
    let mut at = 0;
    for (name, minutes) in parts {
        let _ = write!(
            table,
            "<tr><td>{}:{:02}</td><td>{minutes}</td><td>{}</td></tr>",
            at / 60,
            at % 60,
            inline(&name)
        );
        at += minutes;
    }
    let _ = write!(
        table,
        "</tbody><tfoot><tr><td>{}:{:02}</td><td></td><td>the end</td></tr></tfoot></table>",
        at / 60,
        at % 60
    );
    format!("{before}\n\n{table}\n\n{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Role;

    #[test]
    fn a_cell_keeps_its_source_exactly() {
        let source = "let a = \"<x>\";\n\nlet b = 2;";
        let role = Role { setup: true, ..Role::default() };
        let html = cell(&Cell { id: "d03-a".into(), source: source.into(), role, line: 1 }, "");
        assert!(
            html.contains("data-source=\"let a = &quot;&lt;x&gt;&quot;;&#10;&#10;let b = 2;\""),
            "{html}"
        );
        assert!(html.contains("```rust,noplayground\nlet a"), "{html}");
        assert!(html.contains("<details class=\"setup\">"), "{html}");
    }

    #[test]
    fn predictions_become_boxes() {
        let html = prose("a\n> **Predict.** Which\n> wins?\n\nb\n> a quote\n");
        assert!(html.contains("<div class=\"predict\">\n\n**Predict.** Which\nwins?\n"), "{html}");
        assert!(html.contains("\n> a quote\n"), "{html}");
    }

    #[test]
    fn minutes_become_a_plan() {
        let text = "**Before.** x\n\n**Minutes (workshop, 60).** Warm-up 15 · break it 35 (or less; it is hard) · the end 10.\nMore.\n";
        let page = with_plan(text);
        assert!(page.contains("<td>0:50</td><td>10</td><td>the end</td>"), "{page}");
        assert!(page.contains("<td>35</td><td>break it (or less; it is hard)</td>"), "{page}");
        assert!(page.contains("<tfoot><tr><td>1:00</td>") && page.ends_with("\n\nMore.\n"), "{page}");
        let other = "**Minutes (workshop, 60).** As you like.\n";
        assert_eq!(with_plan(other), other);
    }
}
