//! The attribute `securityhub_local::test`.

use proc_macro::TokenStream;
use proc_macro2::{Ident, TokenStream as TokenStream2};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Error, Expr, ExprLit, ItemFn, Lit, Meta, MetaList, MetaNameValue, ReturnType, Signature, Token, parse_macro_input,
    parse_quote,
};

const EXPECTED: &str = "expected an async function with one parameter, such as `async fn name(hub: Emulator)`";
/// The values of the argument `flavor`, and their names in Rust.
const FLAVORS: [(&str, &str); 2] = [("current_thread", "CurrentThread"), ("multi_thread", "MultiThread")];
const EXPECTED_FLAVOR: &str = "expected `flavor = \"current_thread\"` or `flavor = \"multi_thread\"`";

/// Runs an async function as a test with a separate emulator, which is its only parameter.
///
/// `flavor = "multi_thread"` runs the tasks of the test on several threads. Each other argument is a method of `Builder`:
/// `name = value` calls `name(value)`, `name(values)` calls `name(values)`, and `name` calls `name()`. Paths of scenarios
/// are relative to the folder of the package. If the test panics or returns an error, the last calls that the emulator
/// received are printed. The attribute `#[should_panic]` is supported. Other attributes that run tests, such as
/// `#[tokio::test]`, are not needed.
///
/// ```
/// use securityhub_local::Emulator;
///
/// #[securityhub_local::test(scenario = "../scenarios/quickstart.yaml", aws_rate_limits)]
/// async fn findings_are_imported(hub: Emulator) {
///     assert!(hub.events().is_empty());
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse(arguments);
    let expanded = parsed.and_then(|arguments| expand(arguments, &function));
    expanded.unwrap_or_else(Error::into_compile_error).into()
}

fn expand(arguments: impl IntoIterator<Item = Meta>, function: &ItemFn) -> Result<TokenStream2, Error> {
    let ItemFn { attrs, vis, sig, block } = function;
    if sig.asyncness.is_none() || sig.inputs.len() != 1 || !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(sig, EXPECTED));
    }
    let (flavors, settings): (Vec<_>, Vec<_>) =
        arguments.into_iter().partition(|argument| argument.path().is_ident("flavor"));
    let flavor = flavor(flavors)?;
    let settings: Vec<_> = settings.into_iter().map(setting).collect::<Result<_, Error>>()?;
    let name = &sig.ident;
    // A test without a result must not have one for the harness either, which refuses `#[should_panic]` otherwise.
    let (output, end) = match sig.output {
        ReturnType::Default => (ReturnType::Default, quote!(.unwrap_or_default())),
        ReturnType::Type(..) => {
            (parse_quote!(-> ::core::result::Result<(), ::securityhub_local::TestFailure>), TokenStream2::new())
        }
    };
    let without_emulator = Signature { asyncness: None, inputs: Punctuated::new(), output, ..sig.clone() };
    Ok(quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis #without_emulator {
            #sig #block
            ::securityhub_local::run_attribute(
                ::core::stringify!(#name),
                ::securityhub_local::Flavor::#flavor,
                ::securityhub_local::Emulator::builder() #(#settings)*,
                #name,
            )#end
        }
    })
}

/// The variant of `Flavor` that the argument names, if there is one.
fn flavor(arguments: Vec<Meta>) -> Result<Ident, Error> {
    let mut arguments = arguments.into_iter();
    let Some(argument) = arguments.next() else { return Ok(format_ident!("{}", FLAVORS[0].1)) };
    if let Some(second) = arguments.next() {
        return Err(Error::new_spanned(second, "duplicate argument `flavor`"));
    }
    let Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(name), .. }), .. }) = &argument else {
        return Err(Error::new_spanned(argument, EXPECTED_FLAVOR));
    };
    let known = FLAVORS.iter().find(|(known, _)| *known == name.value());
    let known = known.ok_or_else(|| Error::new_spanned(name, EXPECTED_FLAVOR))?;
    Ok(format_ident!("{}", known.1))
}

/// The call of a method of the builder.
fn setting(argument: Meta) -> Result<TokenStream2, Error> {
    let name = argument.path().require_ident()?.clone();
    let values = match argument {
        Meta::Path(_) => quote!(),
        Meta::NameValue(MetaNameValue { value, .. }) => quote!(#value),
        Meta::List(MetaList { tokens, .. }) => tokens,
    };
    Ok(quote_spanned!(name.span() => .#name(#values)))
}

#[cfg(test)]
mod tests {
    use syn::{ItemFn, Meta, parse_quote};

    use super::{EXPECTED, EXPECTED_FLAVOR, expand};

    fn expanded(arguments: Vec<Meta>, function: ItemFn) -> String {
        expand(arguments, &function).map_or_else(|error| error.to_string(), |tokens| tokens.to_string())
    }

    /// Rules: CPL-130.
    #[test]
    fn arguments_are_methods_of_the_builder() {
        let arguments = vec![parse_quote!(scenario = "a.yaml"), parse_quote!(aws_rate_limits), parse_quote!(tls(x, y))];
        let text = expanded(
            arguments,
            parse_quote!(
                async fn a(hub: Emulator) {}
            ),
        );
        let calls = r#"builder () . scenario ("a.yaml") . aws_rate_limits () . tls (x , y) , a ,)"#;
        assert!(text.contains(calls), "{text}");
        assert!(text.contains("Flavor :: CurrentThread ,"), "{text}");
    }

    /// Rules: DST-41.
    #[test]
    fn a_flavor_is_the_runtime_of_the_test() {
        let of = |arguments| {
            let function = parse_quote!(
                async fn a(hub: Emulator) {}
            );
            expanded(arguments, function)
        };
        let text = of(vec![parse_quote!(flavor = "multi_thread"), parse_quote!(scenario = "a.yaml")]);
        assert!(text.contains("Flavor :: MultiThread ,"), "{text}");
        assert!(!text.contains("flavor"), "{text}");
        for wrong in [parse_quote!(flavor = "threads"), parse_quote!(flavor = 2), parse_quote!(flavor)] {
            assert_eq!(of(vec![wrong]), EXPECTED_FLAVOR);
        }
        let twice = vec![parse_quote!(flavor = "multi_thread"), parse_quote!(flavor = "multi_thread")];
        assert_eq!(of(twice), "duplicate argument `flavor`");
    }

    #[test]
    fn functions_that_cannot_be_tests_are_refused() {
        for function in [
            parse_quote!(
                fn a(hub: Emulator) {}
            ),
            parse_quote!(
                async fn a() {}
            ),
            parse_quote!(
                async fn a(hub: Emulator, other: u8) {}
            ),
            parse_quote!(
                async fn a<T>(hub: T) {}
            ),
        ] {
            assert_eq!(expanded(Vec::new(), function), EXPECTED);
        }
        let arguments = vec![parse_quote!(a::b = 1)];
        assert_eq!(
            expanded(
                arguments,
                parse_quote!(
                    async fn a(hub: Emulator) {}
                )
            ),
            "expected this path to be an identifier"
        );
    }
}
