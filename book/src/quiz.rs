//! Quizzes, whose every option is explained, and flash cards.

use serde::Deserialize;

use crate::cell::hash;

/// Questions on one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz {
    /// Unique in the book.
    pub id: String,
    /// The questions, in order.
    pub items: Vec<Item>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The question, Markdown.
    pub question: String,
    /// What it trains.
    pub kind: Kind,
    /// The possible answers, one of them correct.
    #[serde(rename = "option")]
    pub options: Vec<QuizOption>,
}

/// What a question trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something from an earlier day.
    Recall,
    /// A reason.
    Why,
    /// A guess before the measurement.
    Predict,
    /// A fact of the day.
    Fact,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuizOption {
    /// The answer, Markdown.
    pub text: String,
    /// Whether it is right.
    #[serde(default)]
    pub correct: bool,
    /// Why it is right or wrong, Markdown.
    pub why: String,
}

impl Item {
    /// Stays while the question does, wherever in the quiz it stands.
    pub fn id(&self, quiz: &str) -> String {
        format!("{quiz}-{}", &hash(self.question.trim())[..8])
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    item: Vec<Item>,
}

impl Quiz {
    /// Reads the TOML of a quiz.
    ///
    /// # Errors
    ///
    /// One sentence about what is missing: a field, an option, exactly one correct answer.
    pub fn parse(id: &str, text: &str) -> Result<Self, String> {
        let Items { item: items } =
            toml::from_str(text).map_err(|error| format!("quiz {id}: {}", error.message()))?;
        for item in &items {
            let correct = item.options.iter().filter(|option| option.correct).count();
            if item.options.len() < 2 || correct != 1 {
                return Err(format!(
                    "quiz {id}: \"{}\" needs two or more options, exactly one of them `correct = true`",
                    item.question
                ));
            }
        }
        Ok(Self { id: id.to_owned(), items })
    }
}

/// A flash card.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The question.
    pub front: String,
    /// The answer.
    pub back: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    card: Vec<Card>,
}

impl Card {
    /// Stays while the front does.
    pub fn id(&self, day: u32) -> String {
        format!("d{day:02}-{}", &hash(self.front.trim())[..8])
    }

    /// Reads the TOML of a set of cards.
    ///
    /// # Errors
    ///
    /// One sentence about the field that is missing or unknown.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let Cards { card } = toml::from_str(text).map_err(|error| format!("cards: {}", error.message()))?;
        Ok(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_is_right() {
        let quiz = |second: &str| {
            format!(
                "[[item]]\nquestion = \"Q\"\nkind = \"why\"\n[[item.option]]\ntext = \"a\"\ncorrect = true\n\
                 why = \"w\"\n[[item.option]]\ntext = \"b\"\nwhy = \"v\"\n{second}"
            )
        };
        assert_eq!(Quiz::parse("d03-q", &quiz("")).expect("a good quiz").items[0].options.len(), 2);
        assert!(
            Quiz::parse("d03-q", &quiz("correct = true")).expect_err("two right").contains("exactly one")
        );
    }
}
