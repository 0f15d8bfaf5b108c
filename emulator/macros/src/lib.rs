//! The attribute `securityhub_local::test`.

use proc_macro::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, ItemFn, Meta, MetaList, MetaNameValue, Signature, Token, parse_macro_input};

const EXPECTED: &str = "expected an async function with one parameter, such as `async fn name(hub: Emulator)`";

/// Runs an async function as a test with an emulator of its own, which is its only parameter.
///
/// Each argument is a method of `Builder`: `name = value` calls `name(value)`, and `name` calls `name()`. If the test
/// panics or returns an error, the last calls that the emulator received are printed. The attribute
/// `#[should_panic]` is supported. Other attributes that run tests, such as `#[tokio::test]`, are not needed.
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

fn expand(arguments: impl IntoIterator<Item = Meta>, function: &ItemFn) -> Result<proc_macro2::TokenStream, Error> {
    let ItemFn { attrs, vis, sig, block } = function;
    if sig.asyncness.is_none() || sig.inputs.len() != 1 || !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(sig, EXPECTED));
    }
    let settings: Vec<_> = arguments.into_iter().map(setting).collect::<Result<_, Error>>()?;
    let name = &sig.ident;
    let without_emulator = Signature { asyncness: None, inputs: Punctuated::new(), ..sig.clone() };
    Ok(quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis #without_emulator {
            #sig #block
            ::securityhub_local::run_test(::securityhub_local::Emulator::builder() #(#settings)*, #name)
        }
    })
}

/// The call of a method of the builder.
fn setting(argument: Meta) -> Result<proc_macro2::TokenStream, Error> {
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

    use super::{EXPECTED, expand};

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
        let calls = r#"builder () . scenario ("a.yaml") . aws_rate_limits () . tls (x , y) , a)"#;
        assert!(text.contains(calls), "{text}");
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
