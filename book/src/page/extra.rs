//! Pages that are made from all lessons: the map of each week, the review, the glossary, the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::markup;
use crate::chapter::Block;
use crate::glossary::Glossary;
use crate::html::escape;
use crate::markdown::inline;
use crate::{Book, Day};

/// The empty place of the review's questions, which are put in after the search index was made.
pub(super) const REVIEW_PLACE: &str = "<div class=\"review-items\"></div>";

/// The week of a day.
fn week(day: u32) -> u32 {
    day.div_ceil(7)
}

/// The map of each week that has lessons: its number and its page.
pub(super) fn weeks(book: &Book) -> Vec<(u32, String)> {
    let mut weeks: BTreeMap<u32, Vec<&Day>> = BTreeMap::new();
    for day in &book.days {
        weeks.entry(week(day.header.number)).or_default().push(day);
    }
    weeks.into_iter().map(|(number, days)| (number, week_page(number, &days, book))).collect()
}

fn week_page(number: u32, days: &[&Day], book: &Book) -> String {
    let core: u32 = days.iter().map(|day| day.header.minutes.core).sum();
    let mut page = format!(
        "# Week {number}: the map\n\nDays {} to {}, {} of them written: {} hours in the core lane. \
         A line says which earlier day a lesson builds on, and in brackets which part of \
         the library they share.\n\n<ol class=\"week-map\">\n",
        7 * number - 6,
        7 * number,
        days.len(),
        core.div_ceil(60),
    );
    for day in days {
        let header = &day.header;
        let minutes = header.minutes;
        let exercises: Vec<&str> = day.chapter.exercises().map(|exercise| exercise.id.as_str()).collect();
        let _ = write!(
            page,
            "<li data-day=\"{0}\" data-exercises=\"{exercises}\"><a href=\"{slug}.html\"><span class=\"day\">Day {0}</span> {title}</a>\
             <p class=\"question\">{question}</p>\
             <p class=\"facts\">{skim} · {core} · {workshop} minutes · {count} exercises<span class=\"done\"></span></p>",
            header.number,
            exercises = exercises.join(" "),
            slug = header.slug,
            title = escape(&header.title),
            question = inline(&header.question),
            skim = minutes.skim,
            core = minutes.core,
            workshop = minutes.workshop,
            count = exercises.len(),
        );
        let builds = builds_on(day, book);
        if !builds.is_empty() {
            let links: Vec<String> = builds
                .iter()
                .map(|(other, module)| {
                    format!(
                        "<a href=\"{}.html\">Day {}</a> (<code>{}</code>)",
                        other.header.slug,
                        other.header.number,
                        escape(module)
                    )
                })
                .collect();
            let _ = write!(page, "<p class=\"builds\">Builds on {}.</p>", links.join(", "));
        }
        page += "</li>\n";
    }
    page + "</ol>\n\nThe three numbers are the minutes of the lanes: skim, core, workshop.\n"
}

/// The earlier days that introduced a module which this day uses again, with the module.
fn builds_on<'a>(day: &'a Day, book: &'a Book) -> Vec<(&'a Day, &'a str)> {
    let first =
        |module: &str| book.days.iter().find(|other| other.header.modules.iter().any(|m| m == module));
    day.header
        .modules
        .iter()
        .filter_map(|module| Some((first(module)?, module.as_str())))
        .filter(|(other, _)| other.header.number < day.header.number)
        .collect()
}

/// The page of the review; its questions come later, see [`REVIEW_PLACE`].
pub(super) fn review() -> String {
    format!(
        "# Review\n\nQuestions that you missed, and the flash cards of the days that you chose, come back here: \
         after a day, after six, then after ever longer intervals for what you know, and at once for what you \
         do not. The intervals are those of SM-2 (P. A. Woźniak, *Optimization of learning*, 1990).\n\n\
         <div class=\"review\"><p>The review needs JavaScript.</p></div>\n\n{REVIEW_PLACE}\n\n\
         ## Your record\n\nWhat you passed and answered is kept in this browser, and in one file on your machine \
         when the course's server runs there; the notebooks and `sd35 progress` use the same file. It is \
         sent nowhere else.\n\n<div class=\"record\"></div>\n\n\
         ## The cards elsewhere\n\nAnki imports these files (File, Import); importing again changes cards and \
         doubles none: [all days](anki/all-days.txt).\n"
    )
}

/// What the review asks: every question and card of the book.
pub(super) fn review_items(book: &Book) -> String {
    let mut html = String::from("<div class=\"review-items\" hidden>");
    for day in &book.days {
        let exercises: Vec<&str> = day.chapter.exercises().map(|exercise| exercise.id.as_str()).collect();
        let _ = write!(
            html,
            "<section data-day=\"{}\" data-slug=\"{}\" data-title=\"{}\" data-exercises=\"{}\">",
            day.header.number,
            day.header.slug,
            escape(&day.header.title),
            exercises.join(" ")
        );
        for block in &day.chapter.blocks {
            match block {
                Block::Quiz(quiz) => html += &markup::questions(quiz, "review-"),
                Block::Cards(cards) => html += &markup::cards_html(cards, day.header.number),
                _ => {}
            }
        }
        html += "</section>";
    }
    html + "</div>"
}

/// The page of the glossary; `used` holds the lessons of each term, by its place.
pub(super) fn glossary(glossary: &Glossary, used: &BTreeMap<String, Vec<(u32, String)>>) -> String {
    let mut page = String::from(
        "# Glossary\n\nThe first use of each of these in a lesson is a link to here; each entry says which \
         lessons use it.\n\n<dl class=\"glossary\">\n",
    );
    for term in &glossary.terms {
        let also = if term.also.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"also\">also {}</span>", escape(&term.also.join(", ")))
        };
        let days = used.get(&term.anchor()).map(Vec::as_slice).unwrap_or_default();
        let links: Vec<String> =
            days.iter().map(|(number, slug)| format!("<a href=\"{slug}.html\">Day {number}</a>")).collect();
        let links = if links.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"used\">Used on {}.</span>", links.join(", "))
        };
        let _ = writeln!(
            page,
            "<dt id=\"{}\">{}{also}</dt><dd>{}{links}</dd>",
            term.anchor(),
            escape(&term.name),
            inline(&term.means)
        );
    }
    page + "</dl>\n"
}

/// The page of all sources, each with the lessons that cite it.
pub(super) fn sources(book: &Book) -> String {
    let mut all: BTreeMap<String, BTreeSet<(u32, &str)>> = BTreeMap::new();
    for day in &book.days {
        for source in day.sources() {
            all.entry(source).or_default().insert((day.header.number, &day.header.slug));
        }
    }
    let mut page = String::from(
        "# Sources\n\nEverything that the lessons cite under \"Sources\", by first author. The documentation of \
         the library names more, beside each algorithm.\n\n",
    );
    let mut sorted: Vec<_> = all.into_iter().collect();
    sorted.sort_by_key(|(source, _)| family_name(source));
    for (source, days) in sorted {
        let links: Vec<String> =
            days.into_iter().map(|(number, slug)| format!("[Day {number}]({slug}.md)")).collect();
        let _ = writeln!(page, "- {source} ({})", links.join(", "));
    }
    page
}

/// What a list of sources is sorted by: the family name of the first author; an organization's name as it is.
fn family_name(source: &str) -> String {
    let author = source.split([',', ':', '(']).next().unwrap_or(source);
    let author = author.split(" and ").next().unwrap_or(author);
    let author = author.split(" et al.").next().unwrap_or(author).trim();
    let has_initials = author.split_whitespace().next().is_some_and(|word| word.ends_with('.'));
    let name = if has_initials { author.split_whitespace().last().unwrap_or(author) } else { author };
    name.trim_matches(['*', '"', '_']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_sorted_by_family_name() {
        assert_eq!(family_name("B. H. Bloom, \"Space/Time\", 1970."), "bloom");
        assert_eq!(family_name("A. Kirsch and M. Mitzenmacher, \"Less\", 2006."), "kirsch");
        assert_eq!(family_name("B. Beyer et al. (eds.), *Site Reliability Engineering*, 2016."), "beyer");
        assert_eq!(family_name("GitLab, \"Postmortem\", 2017."), "gitlab");
    }

    #[test]
    fn weeks_have_seven_days() {
        assert_eq!([1, 7, 8, 14, 15, 35].map(week), [1, 1, 2, 2, 3, 5]);
    }
}
