//! Fenced blocks of a Markdown page, each with the preceding comment that states how it is tested.
//!
//! The comment is one of:
//! - `<!-- serve -->`: starts the emulator for the tours below it,
//! - `<!-- tour: LANGUAGE SCENARIO -->`: pasted into a fresh shell or interpreter while the scenario is served,
//! - `<!-- run -->`: pasted into a fresh shell while no emulator is served,
//! - `<!-- continued -->`: pasted into the shell of the block above it,
//! - `<!-- printed -->`: the output of the blocks above it, or a part of it,
//! - `<!-- file: NAME -->`: a file that is saved before the blocks below it are pasted,
//! - `<!-- tested: WHERE -->`: run by the named test,
//! - `<!-- not run: REASON -->`.

use crate::repository;

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line number of its opening fence.
    pub line: usize,
    /// The text after the opening fence.
    pub language: String,
    /// The way it is tested.
    pub mark: Option<Mark>,
    /// The lines between the fences, with line breaks.
    pub text: String,
}

/// The way a block is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Starts the emulator for the tours below it.
    Serve,
    /// Pasted while the program serves this scenario, a path in the repository or the name of a file on the page.
    Tour(String),
    /// Pasted while no emulator is served.
    Run,
    /// Pasted after the block above it, into the same shell.
    Continued,
    /// The output of the blocks above it.
    Printed,
    /// Saved as a file with this name.
    File(String),
    /// Run by a separate test.
    Tested(String),
    /// Not run, for this reason.
    NotRun(String),
}

/// The pages whose blocks are tested: the README and all guides.
///
/// # Panics
/// If the guides cannot be listed.
pub fn pages() -> Vec<String> {
    let guides = std::fs::read_dir(repository().join("docs/guides")).expect("the guides can be listed");
    let names = guides.map(|entry| entry.expect("the guides can be listed").file_name());
    let mut pages: Vec<String> = names.map(|name| format!("docs/guides/{}", name.display())).collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    pages
}

/// The blocks of a page of the repository, from top to bottom.
///
/// # Panics
/// If the page cannot be read, if a fence is indented, or if the comment of a tour and its block have different
/// languages.
pub fn blocks(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(repository().join(page)).expect("the page can be read");
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut before = "";
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = inside.fold(String::new(), |text, line| text + line + "\n");
            let mark = mark(before, language);
            blocks.push(Block { line: number + 1, language: language.to_owned(), mark, text });
        }
        let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        assert!(!is_fence || line.starts_with("```"), "{page}:{}: a fence begins a line with ```", number + 1);
        before = line;
    }
    blocks
}

fn mark(comment: &str, language: &str) -> Option<Mark> {
    let comment = comment.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    let (kind, rest) = comment.split_once(": ").unwrap_or((comment, ""));
    Some(match kind {
        "serve" => Mark::Serve,
        "tour" => {
            let scenario = rest.strip_prefix(language).and_then(|rest| rest.strip_prefix(' '));
            Mark::Tour(scenario.unwrap_or_else(|| panic!("expected `tour: {language} SCENARIO`: {comment}")).to_owned())
        }
        "run" => Mark::Run,
        "continued" => Mark::Continued,
        "printed" => Mark::Printed,
        "file" => Mark::File(rest.to_owned()),
        "tested" => Mark::Tested(rest.to_owned()),
        "not run" => Mark::NotRun(rest.to_owned()),
        _ => return None,
    })
}

/// The text of the only block of a page in a language that is run by this test.
///
/// # Panics
/// If there is none, or more than one.
pub fn tested(page: &str, test: &str, language: &str) -> String {
    let mark = Some(Mark::Tested(test.to_owned()));
    let mut found = blocks(page).into_iter().filter(|block| block.mark == mark && block.language == language);
    let block = found.next().unwrap_or_else(|| panic!("{page} has no {language} that is tested by {test}"));
    assert!(found.next().is_none(), "{page} has two blocks of {language} that are tested by {test}");
    block.text
}
