//! Dates as HTTP writes them, in whole seconds of Universal Time.
//!
//! # Sources
//!
//! RFC 9110, 2022, section 5.6.7. Days to dates and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
//! 2013.

use std::time::Duration;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: u64 = 86_400;
/// The last second of the year 9999, after which a year has five digits.
const LAST: u64 = 253_402_300_799;

/// The date so long after 1 January 1970, in the one form that may be sent. After the year 9999 it stands still.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::http::date;
///
/// let text = date::format(Duration::from_secs(784_111_777));
/// assert_eq!(text, "Sun, 06 Nov 1994 08:49:37 GMT");
/// assert_eq!(date::parse(&text), Some(Duration::from_secs(784_111_777)));
/// ```
pub fn format(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs().min(LAST);
    let (days, second) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let (year, month, day) = civil(days);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[(days % 7) as usize],
        MONTHS[month as usize - 1],
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// Reads a date: the form above, and the two that old senders used, `Sunday, 06-Nov-94 08:49:37 GMT` (its year is
/// taken for one from 1970 to 2069) and `Sun Nov  6 08:49:37 1994`. `None` for anything else, and before 1970.
pub fn parse(text: &str) -> Option<Duration> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (day, month, year, time) = match words[..] {
        [weekday, day, month, year, time, "GMT"] if weekday.ends_with(',') => (day, month, full(year)?, time),
        [weekday, date, time, "GMT"] if weekday.ends_with(',') => {
            let mut parts = date.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, number(parts.next()?, 2)?);
            parts.next().is_none().then_some(())?;
            (day, month, if year < 70 { 2_000 + year } else { 1_900 + year }, time)
        }
        [_, month, day, time, year] => (day, month, full(year)?, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let day = number(day, 1).or_else(|| number(day, 2))?;
    let mut parts = time.split(':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let days = days(year, month, day);
    // 60 is a leap second.
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second <= 60 && year >= 1970;
    let seconds = (valid && civil(days) == (year, month, day)).then_some(days * DAY_SECONDS)?;
    Some(Duration::from_secs(seconds + hour * 3_600 + minute * 60 + second))
}

fn full(year: &str) -> Option<u64> {
    number(year, 4)
}

/// So many digits, and nothing else.
fn number(text: &str, digits: usize) -> Option<u64> {
    let all = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// Year, month and day of so many days after 1 January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March end with the leap day.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The days from 1 January 1970 to a date from that year on.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day.saturating_sub(1);
    (era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year)
        .saturating_sub(719_468)
}
