//! What an `input` holds before anyone fills it in.

use scraper::ElementRef;

/// The value that the page gives a field of one line, or that a browser gives it where it has one of
/// its own: HTML, "value sanitization algorithm".
pub(super) fn value(element: ElementRef<'_>, kind: &str) -> String {
    let value = element.attr("value").unwrap_or_default();
    match kind {
        "color" => color(value),
        "range" => range(element).to_string(),
        _ => value.to_owned(),
    }
}

fn color(value: &str) -> String {
    let digits = value.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return value.to_ascii_lowercase();
    }
    "#000000".to_owned()
}

/// The number in its bounds, on a step; in the middle where there is none.
fn range(element: ElementRef<'_>) -> f64 {
    let of = |name: &str| element.attr(name).and_then(number);
    let (min, max) = (of("min").unwrap_or(0.0), of("max").unwrap_or(100.0));
    let value = of("value").unwrap_or(min + (max - min) / 2.0);
    // A greatest one below the least does not count.
    let value = value.min(max).max(min);
    let any = element
        .attr("step")
        .is_some_and(|step| step.eq_ignore_ascii_case("any"));
    let step = of("step").filter(|step| *step > 0.0).unwrap_or(1.0);
    let base = of("min").or(of("value")).unwrap_or(0.0);
    let steps = (value - base) / step;
    if any || (steps - steps.round()).abs() < 1e-9 {
        return value;
    }
    let at = |steps: f64| rounded(base + steps * step, &[base, step]);
    // Of two that are as near, the greater, unless that is out of bounds.
    let nearest = at((steps + 0.5).floor());
    [nearest, at(steps.floor()), at(steps.ceil())]
        .into_iter()
        .find(|found| (min..=max).contains(found))
        .unwrap_or(value)
}

/// Without the digits that the parts do not have: `3 * 0.1` is `0.3`.
fn rounded(value: f64, parts: &[f64]) -> f64 {
    let digits = parts.iter().map(|part| {
        let text = part.to_string();
        text.split_once('.').map_or(0, |(_, digits)| digits.len())
    });
    let digits = digits.max().unwrap_or(0);
    format!("{value:.digits$}").parse().unwrap_or(value)
}

/// A number as HTML reads it, which is not every text that Rust takes for one.
fn number(text: &str) -> Option<f64> {
    let is_one = text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte))
        && !text.starts_with('+')
        && !text.ends_with('.')
        && !text.contains(".e")
        && !text.contains(".E");
    let number = text.parse().ok().filter(|_| is_one);
    number.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn a_range_and_a_colour_begin_as_in_a_browser() {
        for (attributes, expected) in [
            ("type=range", "50"),
            ("type=range value=7", "7"),
            ("type=range value=700", "100"),
            ("type=range value=x min=-1 max=0.5 step=any", "-0.25"),
            ("type=range value=+7", "50"),
            ("type=range value=inf", "50"),
            ("type=range min=200", "200"),
            ("type=range min=1 max=10", "6"),
            ("type=range max=0.5 step=0.1", "0.3"),
            ("type=range max=5 step=10", "0"),
            ("type=range min=1 max=2 value=1.5 step=-1", "2"),
            ("type=range min=0 max=1e999", "50"),
            ("type=color", "#000000"),
            ("type=color value=#FFaa00", "#ffaa00"),
            ("type=color value=red", "#000000"),
            ("type=color value=#é0000", "#000000"),
            ("type=number value=x", "x"),
        ] {
            let tree = Tree::of(&format!("<input {attributes}>"));
            let input = document::named(&tree, &["input"]).next().unwrap();
            let kind = input.attr("type").unwrap();
            assert_eq!(value(input, kind), expected, "{attributes}");
        }
    }
}
