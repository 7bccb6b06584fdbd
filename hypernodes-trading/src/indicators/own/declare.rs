//! What is the same in every indicator of our own: its parameters, and its entry in the catalog.

/// Writes the type of an indicator: a field a parameter, a constructor that checks them, and the entry in the catalog.
macro_rules! declare {
    (
        $(#[$doc:meta])*
        $Type:ident, $NAME:literal, $about:literal, $formula:literal, node $node:ident;
        in $($Input:ident),+;
        set $($parameter:ident $short:literal: $Value:ident = $default:literal, $min:literal, $max:literal),*;
        out $($label:literal),+;
    ) => {
        $(#[$doc])*
        ///
        /// # Formula
        #[doc = concat!("`", $formula, "`")]
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $Type {
            $($parameter: $Value,)*
        }

        impl $Type {
            /// Its parameters, in order.
            pub const PARAMETERS: &'static [Parameter] = &[$(declare!(@parameter $short $Value $default, $min, $max)),*];

            pub(super) const ENTRY: Entry = Entry {
                name: $NAME,
                about: $about,
                formula: $formula,
                inputs: &[$(Input::$Input),+],
                parameters: Self::PARAMETERS,
                outputs: &[$($label),+],
                node: $node::node,
                make: Self::of_numbers,
            };

            /// The indicator with these parameters.
            ///
            /// # Errors
            /// [`IndicatorError::Parameter`] for a value out of range.
            pub fn new($($parameter: $Value),*) -> Result<Self, IndicatorError> {
                $(declare!(@parameter $short $Value $default, $min, $max).check($NAME, $parameter)?;)*
                Ok(Self { $($parameter),* })
            }

            fn of_numbers(numbers: &[f64]) -> Result<Box<dyn AnyIndicator>, IndicatorError> {
                let &[$($parameter),*] = numbers else {
                    return Err(IndicatorError::Library { indicator: $NAME.into(), reason: "BadParam".to_owned() });
                };
                $(let $parameter = declare!(@parameter $short $Value $default, $min, $max)
                    .value::<$Value>($NAME, $parameter)?;)*
                Ok(Box::new(Erased(Self::new($($parameter),*)?)))
            }
        }
    };
    (@parameter $short:literal $Value:ident $default:literal, $min:literal, $max:literal) => {
        Parameter {
            name: $short,
            kind: <$Value as ParameterValue>::KIND,
            default: $default as f64,
            min: $min,
            max: $max,
        }
    };
}

pub(super) use declare;
