//! What stands in the parentheses of `#[smoke_test(..)]` and `#[smoke_suite(..)]`.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, Lit, LitStr, Path, Result, Token, parenthesized};

const KNOWN: &str = "slow, instance, shared, advisory, decisive, on_request, scheduled, destructive, \
                     timeout = \"5s\", tags(\"a\", \"b\"), serial, serial = \"group\", skip = \"reason\", name = \"other_name\", crate = \"path\"";

/// How a test is to be run; of a suite: what its tests do not say themselves.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) slow: bool,
    /// Or `shared`.
    pub(crate) instance: Option<bool>,
    /// Or `decisive`.
    pub(crate) advisory: Option<bool>,
    /// Or `scheduled`.
    pub(crate) on_request: Option<bool>,
    pub(crate) destructive: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) serial: Option<Serial>,
    pub(crate) skip: Option<LitStr>,
    pub(crate) name: Option<String>,
    pub(crate) krate: Option<Path>,
}

#[derive(Clone)]
pub(crate) enum Serial {
    WithAll,
    In(LitStr),
}

impl Attributes {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self> {
        Self::parse_entries.parse2(tokens)
    }

    fn parse_entries(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = Self::default();
        let mut seen = Vec::new();
        while !input.is_empty() {
            let key = Key::parse(input)?;
            if seen.contains(&key.name) {
                return Err(key.error(format!("`{}` stands here twice", key.name)));
            }
            attributes.entry(&key, input)?;
            seen.push(key.name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(attributes)
    }

    fn entry(&mut self, key: &Key, input: ParseStream<'_>) -> Result<()> {
        match key.name.as_str() {
            "slow" => {
                key.stands_alone(input)?;
                self.slow = true;
            }
            "instance" => key.decides(&mut self.instance, true, input)?,
            "shared" => key.decides(&mut self.instance, false, input)?,
            "advisory" => key.decides(&mut self.advisory, true, input)?,
            "decisive" => key.decides(&mut self.advisory, false, input)?,
            "on_request" => key.decides(&mut self.on_request, true, input)?,
            "scheduled" => key.decides(&mut self.on_request, false, input)?,
            "destructive" => {
                key.stands_alone(input)?;
                self.destructive = true;
            }
            "timeout" => self.timeout = Some(timeout(&key.string(input, "\"5s\"")?)?),
            "tags" => self.tags = tags(key, input)?,
            "serial" if input.peek(Token![=]) => {
                self.serial = Some(Serial::In(key.string(input, "\"group\"")?));
            }
            "serial" => {
                key.stands_alone(input)?;
                self.serial = Some(Serial::WithAll);
            }
            "skip" => self.skip = Some(key.string(input, "\"reason\"")?),
            "name" => self.name = Some(name(&key.string(input, "\"other_name\"")?)?),
            "crate" => {
                let path = key.string(input, "\"path\"")?;
                self.krate = Some(path.parse_with(Path::parse_mod_style)?);
            }
            unknown => {
                return Err(key.error(format!(
                    "there is no attribute `{unknown}`; those there are: {KNOWN}"
                )));
            }
        }
        Ok(())
    }

    /// What a test of a suite with these attributes is to do.
    pub(crate) fn inherited_by(&self, test: Self) -> Self {
        Self {
            slow: self.slow || test.slow,
            instance: test.instance.or(self.instance),
            advisory: test.advisory.or(self.advisory),
            on_request: test.on_request.or(self.on_request),
            destructive: self.destructive || test.destructive,
            timeout: test.timeout.or(self.timeout),
            tags: self.tags.iter().cloned().chain(test.tags).collect(),
            serial: test.serial.or_else(|| self.serial.clone()),
            skip: test.skip.or_else(|| self.skip.clone()),
            name: test.name,
            krate: self.krate.clone(),
        }
    }
}

struct Key {
    name: String,
    span: Span,
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected one of: {KNOWN}")));
        }
        let ident = input.call(Ident::parse_any)?;
        Ok(Self {
            name: ident.to_string(),
            span: ident.span(),
        })
    }
}

impl Key {
    fn error(&self, message: String) -> Error {
        Error::new(self.span, message)
    }

    fn stands_alone(&self, input: ParseStream<'_>) -> Result<()> {
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(());
        }
        let name = &self.name;
        Err(match name.as_str() {
            "serial" => self.error("write `serial` or `serial = \"group\"`".into()),
            _ => self.error(format!("`{name}` takes no value: write `{name}`")),
        })
    }

    /// Settles what two keys say the opposite of.
    fn decides(&self, what: &mut Option<bool>, is: bool, input: ParseStream<'_>) -> Result<()> {
        self.stands_alone(input)?;
        if what.replace(is).is_some() {
            return Err(self.error(format!("`{}` contradicts what stands before it", self.name)));
        }
        Ok(())
    }

    /// What stands after `=`: a string that is not empty.
    fn string(&self, input: ParseStream<'_>, example: &str) -> Result<LitStr> {
        let name = &self.name;
        if !input.peek(Token![=]) {
            return Err(self.error(format!("write `{name} = {example}`")));
        }
        input.parse::<Token![=]>()?;
        string(input, &format!("write `{name} = {example}`"))
    }
}

fn string(input: ParseStream<'_>, remedy: &str) -> Result<LitStr> {
    let wrong = |span| Error::new(span, format!("expected a string: {remedy}"));
    match input.parse::<Lit>() {
        Ok(Lit::Str(text)) if text.value().trim().is_empty() => {
            Err(Error::new(text.span(), "this must not be empty"))
        }
        Ok(Lit::Str(text)) => Ok(text),
        Ok(other) => Err(wrong(other.span())),
        Err(_) => Err(wrong(input.span())),
    }
}

fn tags(key: &Key, input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    const REMEDY: &str = "write `tags(\"a\", \"b\")`";
    if !input.peek(syn::token::Paren) {
        return Err(key.error(REMEDY.into()));
    }
    let inner;
    parenthesized!(inner in input);
    let tags =
        Punctuated::<_, Token![,]>::parse_terminated_with(&inner, |tag| string(tag, REMEDY))?;
    if tags.is_empty() {
        return Err(key.error(format!("there is no tag here: {REMEDY}")));
    }
    Ok(tags.into_iter().collect())
}

fn timeout(text: &LitStr) -> Result<Duration> {
    let refuse = |message: String| Err(Error::new(text.span(), message));
    match humantime::parse_duration(&text.value()) {
        Ok(Duration::ZERO) => refuse("a test cannot end in no time: write more than zero".into()),
        Ok(timeout) => Ok(timeout),
        Err(error) => refuse(format!(
            "not a duration ({error}): write one as \"5s\", \"500ms\" or \"1m 30s\""
        )),
    }
}

fn name(text: &LitStr) -> Result<String> {
    let name = text.value();
    // Selectors take `::` and `.` for the ends of segments, and `*`, `?` and the like for globs.
    if name
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        return Ok(name);
    }
    let message = "a name is made of letters, digits, `_` and `-`; the module is put before it";
    Err(Error::new(text.span(), message))
}
