// GanrtLooks.cs: look codes, named controls, and what a model is fed for them; Ganrt.cs has to be beside it.
//
// C# 7.3, .NET Standard 2.0, no packages. The specifications are docs/look-codes.md and docs/controls.md.
//
//     var model = new GanrtModel(File.ReadAllText("kit/spec.json"), File.ReadAllText("kit/controls.json"));
//     GanrtLook look = GanrtLook.Parse("ganrt:avatars-1:0:8841:hair=afro:NZ");
//     float[] z = model.Latent(look);            // with the bits that Python draws
//     look.Controls["hair"] = "bun";
//     string code = look.Code;
//
// Licence: Apache 2.0, as ganrt's own.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

/// <summary>A text is no look code; Newer says that a newer ganrt made it.</summary>
public sealed class GanrtLookException : FormatException
{
    public readonly bool Newer;

    public GanrtLookException(string message, bool newer = false) : base(message) { Newer = newer; }
}

/// <summary>Everything that changes a picture.</summary>
public sealed class GanrtLook
{
    const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-._~:=,";
    const int MaxCharacters = 4000;
    const uint MaxPosition = 1 << 20;

    /// <summary>Values First to Stop - 1 of the latent, after the controls.</summary>
    public struct Edit
    {
        public readonly uint First, Stop;
        public readonly float Value;

        public Edit(uint first, uint stop, float value)
        {
            First = first;
            Stop = stop;
            Value = value;
        }
    }

    public string Model = "";
    public ulong Seed, Index;
    public double? Psi, Threshold, Statistics;
    /// <summary>Scale, Resample, or null: the model's own.</summary>
    public Ganrt.PsiMode? Mode;
    /// <summary>Weights by class; empty: the class is drawn from seed and index.</summary>
    public readonly SortedDictionary<uint, float> Classes = new SortedDictionary<uint, float>();
    public readonly SortedDictionary<string, string> Controls = new SortedDictionary<string, string>(StringComparer.Ordinal);
    public readonly List<Edit> Edits = new List<Edit>();

    public GanrtLook(string model, ulong seed, ulong index)
    {
        Model = model;
        Seed = seed;
        Index = index;
    }

    /// <summary>The two letters that end the code of a body such as "ganrt:avatars-1:0:8841".</summary>
    public static string CheckLetters(string body)
    {
        int rest = 0;
        foreach (char character in body)
        {
            int value = Alphabet.IndexOf(character);
            if (value < 0)
                throw new GanrtLookException("look code: '" + character + "' stands in no code");
            rest = (rest + value) * 26 % 661; // ISO/IEC 7064, MOD 661-26
        }
        int check = (662 - rest * 26 % 661) % 661;
        return new string(new[] { (char)('A' + check / 26), (char)('A' + check % 26) });
    }

    /// <summary>The look that a code means; throws GanrtLookException.</summary>
    public static GanrtLook Parse(string code)
    {
        if (code == null)
            throw new ArgumentNullException(nameof(code));
        foreach (char character in code)
            if (character > 127)
                throw Wrong("'" + character + "' stands in no code");
        string given = code.Trim(' ', '\t', '\r', '\n').ToLowerInvariant();
        var parts = new List<string>(given.Split(':'));
        string version = parts[0].StartsWith("ganrt", StringComparison.Ordinal) ? parts[0].Substring(5) : "x";
        if (version.Length > 9 || Span(version, 0, IsDigit) != version.Length)
            throw Wrong("expected one such as ganrt:avatars-1:0:8841");
        if (given.Length > MaxCharacters + 3)
            throw Wrong("it is too long");
        if (version.Length > 0)
            throw new GanrtLookException("look code: it was made by a newer ganrt, or mistyped", true);
        CheckLetters(given);
        string last = parts[parts.Count - 1];
        bool marked = parts.Count > 4 && last.Length == 2 && Span(last, 0, IsLetter) == 2;
        if (marked)
        {
            if (CheckLetters(given.Substring(0, given.Length - 3)).ToLowerInvariant() != last)
                throw Wrong("a typo: its check letters do not fit");
            parts.RemoveAt(parts.Count - 1);
        }
        if (parts.Count < 4 || parts.Count > 5)
            throw Wrong("expected ganrt:MODEL:SEED:INDEX, fields, and two check letters");
        if (parts.Count == 5 && !marked)
            throw Wrong("expected two check letters after its fields");
        var look = new GanrtLook(parts[1], Whole(parts[2], 20, ulong.MaxValue), Whole(parts[3], 20, ulong.MaxValue));
        if (parts.Count == 5)
            foreach (string field in parts[4].Split(','))
                look.Take(field);
        look.Edits.Sort((a, b) => a.First.CompareTo(b.First));
        look.Check();
        return look;
    }

    /// <summary>The code, with its check letters; equal looks have equal codes. Throws GanrtLookException.</summary>
    public string Code
    {
        get
        {
            Edits.Sort((a, b) => a.First.CompareTo(b.First));
            Check();
            string fields = string.Join(",", Fields());
            string body = "ganrt:" + Model + ":" + Seed.ToString(CultureInfo.InvariantCulture) + ":"
                          + Index.ToString(CultureInfo.InvariantCulture) + (fields == "" ? "" : ":" + fields);
            if (body.Length > MaxCharacters)
                throw Wrong("its code is too long");
            return body + ":" + CheckLetters(body);
        }
    }

    void Take(string field)
    {
        int equals = field.IndexOf('=');
        if (equals < 1)
            throw Wrong("'" + field + "' is no field");
        string name = field.Substring(0, equals), value = field.Substring(equals + 1);
        if (field[0] != '.')
        {
            if (!IsControl(name, value))
                throw Wrong("'" + field + "' is no field");
            if (Controls.ContainsKey(name))
                throw Wrong("'" + name + "' is set twice");
            Controls.Add(name, value);
            return;
        }
        int key = Span(name, 1, IsLetter), place = Span(name, key, c => IsDigit(c) || c == '-');
        if (key == 1 || place != name.Length || value == "" || Span(value, 0, c => IsDigit(c) || IsLetter(c) || c == '.' || c == '-') != value.Length)
            throw Wrong("'" + field + "' is no field");
        TakeOwn(name.Substring(1, key - 1), name.Substring(key), value);
    }

    void TakeOwn(string key, string place, string value)
    {
        if (place == "" && key == "psi")
            Psi = Once(Psi, value);
        else if (place == "" && key == "threshold")
            Threshold = Once(Threshold, value);
        else if (place == "" && key == "statistics")
            Statistics = Once(Statistics, value);
        else if (place == "" && key == "mode")
        {
            if (Mode.HasValue || (value != "scale" && value != "resample"))
                throw Wrong("expected one mode, scale or resample");
            Mode = value == "scale" ? Ganrt.PsiMode.Scale : Ganrt.PsiMode.Resample;
        }
        else if (key == "class")
        {
            var chosen = (uint)Whole(place == "" ? value : place, 10, uint.MaxValue);
            if (Classes.ContainsKey(chosen))
                throw Wrong("class " + chosen + " is set twice");
            Classes.Add(chosen, place == "" ? 1 : Single(value));
        }
        else
        {
            string[] ends = place.Split('-');
            if (key != "z" || ends.Length > 2 || !IsWhole(ends[0], 7) || (ends.Length == 2 && !IsWhole(ends[1], 7)))
                throw new GanrtLookException("look code: '." + key + place + "' is unknown: it was made by a newer ganrt", true);
            var first = (uint)Whole(ends[0], 7, MaxPosition * 10);
            uint stop = ends.Length == 2 ? (uint)Whole(ends[1], 7, MaxPosition * 10) : first + 1;
            Edits.Add(new Edit(first, stop, Single(value)));
        }
    }

    void Check()
    {
        if (!IsModel(Model))
            throw Wrong("expected a model: a name, or NAME~ with eight digits");
        if (Mode == Ganrt.PsiMode.Style)
            throw Wrong("expected the mode Scale or Resample");
        if (Psi.HasValue && !(Psi >= 0 && Psi <= 16))
            throw Wrong("expected psi from 0 to 16");
        if (Threshold.HasValue && !(Threshold > 0 && Threshold <= 8))
            throw Wrong("expected a threshold above 0, at most 8");
        if (Statistics.HasValue && !(Statistics > 0 && Statistics <= 16))
            throw Wrong("expected a statistics truncation above 0, at most 16");
        foreach (var control in Controls)
            if (!IsControl(control.Key, control.Value))
                throw Wrong("expected controls such as hair=afro");
        uint end = 0;
        foreach (Edit edit in Edits)
        {
            if (edit.First < end || edit.First >= edit.Stop || edit.Stop > MaxPosition)
                throw Wrong("expected edits of z, none of a position twice");
            end = edit.Stop;
        }
    }

    IEnumerable<string> Fields()
    {
        if (Psi.HasValue)
            yield return ".psi=" + GanrtNumber.Text(Psi.Value);
        if (Mode.HasValue)
            yield return ".mode=" + (Mode == Ganrt.PsiMode.Scale ? "scale" : "resample");
        if (Threshold.HasValue)
            yield return ".threshold=" + GanrtNumber.Text(Threshold.Value);
        if (Statistics.HasValue)
            yield return ".statistics=" + GanrtNumber.Text(Statistics.Value);
        foreach (var one in Classes)
            yield return Classes.Count == 1 && one.Value == 1 ? ".class=" + one.Key : ".class" + one.Key + "=" + GanrtNumber.Text(one.Value, true);
        foreach (var control in Controls)
            yield return control.Key + "=" + control.Value;
        foreach (Edit edit in Edits)
            yield return ".z" + edit.First + (edit.Stop == edit.First + 1 ? "" : "-" + edit.Stop) + "=" + GanrtNumber.Text(edit.Value, true);
    }

    static double Once(double? before, string value)
    {
        double number;
        if (before.HasValue || !GanrtNumber.InCode(value, out number))
            throw Wrong("'" + value + "' is no number of at most 18 digits, or set twice");
        return number;
    }

    static float Single(string value)
    {
        double number;
        if (!GanrtNumber.InCode(value, out number) || Math.Abs(number) > float.MaxValue)
            throw Wrong("'" + value + "' is no number that float32 holds");
        return (float)number;
    }

    static bool IsWhole(string text, int most)
    {
        return text.Length > 0 && text.Length <= most && Span(text, 0, IsDigit) == text.Length;
    }

    static ulong Whole(string text, int most, ulong largest)
    {
        ulong number;
        if (!IsWhole(text, most) || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number > largest)
            throw Wrong("'" + text + "' is no number from 0 to " + largest);
        return number;
    }

    static bool IsModel(string text)
    {
        int tilde = text.IndexOf('~'), end = tilde < 0 ? text.Length : tilde;
        bool hashed = tilde < 0 || (text.Length == tilde + 9 && Span(text, tilde + 1, c => IsDigit(c) || (c >= 'a' && c <= 'f')) == text.Length);
        return hashed && end > 0 && end <= 100 && IsAlnum(text[0]) && Span(text, 0, c => IsAlnum(c) || c == '.' || c == '_' || c == '-') == end;
    }

    static bool IsControl(string name, string value)
    {
        if (name.Length == 0 || name.Length > 40 || value.Length == 0 || value.Length > 60 || !IsAlnum(name[0]) || value[0] == '_')
            return false;
        return Span(name, 0, c => IsAlnum(c) || c == '_' || c == '-') == name.Length
               && Span(value, 0, c => IsAlnum(c) || c == '.' || c == '_' || c == '-') == value.Length;
    }

    static int Span(string text, int from, Func<char, bool> accepts)
    {
        while (from < text.Length && accepts(text[from]))
            from++;
        return from;
    }

    internal static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
    static bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
    static bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }
    static GanrtLookException Wrong(string why) { return new GanrtLookException("look code: " + why); }
}

/// <summary>Decimals that are rounded once, whatever the framework does, and the shortest ones that are read back.</summary>
static class GanrtNumber
{
    /// <summary>A number of a look code: at most 18 digits, no exponent.</summary>
    internal static bool InCode(string text, out double number)
    {
        number = 0;
        int digits = 0, points = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool digit = GanrtLook.IsDigit(text[i]);
            digits += digit ? 1 : 0;
            points += text[i] == '.' ? 1 : 0;
            if (!digit && !(text[i] == '-' && i == 0) && !(text[i] == '.' && points == 1 && i > 0 && GanrtLook.IsDigit(text[i - 1])))
                return false;
        }
        return digits > 0 && digits <= 18 && text[text.Length - 1] != '.' && Read(text, out number);
    }

    /// <summary>Any decimal, also with an exponent.</summary>
    internal static bool Read(string text, out double number)
    {
        ulong m = 0;
        int i = text.Length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0, digits = 0, after = 0, exponent = 0;
        bool point = false;
        number = 0;
        for (; i < text.Length && (GanrtLook.IsDigit(text[i]) || (text[i] == '.' && !point)); i++)
        {
            if (text[i] == '.')
            {
                point = true;
                continue;
            }
            if (digits < 19)
                m = m * 10 + (ulong)(text[i] - '0');
            digits++;
            after += point ? 1 : 0;
        }
        if (digits == 0)
            return false;
        if (i < text.Length && (text[i] == 'e' || text[i] == 'E'))
        {
            if (!int.TryParse(text.Substring(i + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > 999)
                return false;
            i = text.Length;
            after -= exponent;
        }
        if (i < text.Length)
            return false;
        for (; after < 0 && m < 100000000000000000 && digits <= 18; after++)
            m *= 10;
        if (digits > 18 || after < 0 || after > 18)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && !double.IsInfinity(number);
        ulong d = 1;
        for (; after > 0; after--)
            d *= 10;
        number = Quotient(m, d);
        if (text[0] == '-')
            number = -number;
        return true;
    }

    // m / d, rounded once, for m and d below 2^60: 63 bits by long division, the last of which tells whether there are more.
    static double Quotient(ulong m, ulong d)
    {
        ulong n = m / d, rest = m % d;
        double scale = 1;
        if (m == 0)
            return 0;
        for (; n < 1UL << 62; scale *= 0.5)
        {
            rest *= 2;
            n = n * 2 + (rest >= d ? 1UL : 0);
            rest -= rest >= d ? d : 0;
        }
        return (double)(long)(n | (rest != 0 ? 1UL : 0)) * scale;
    }

    /// <summary>The fewest digits that are read back as the number: `single`, once it is rounded to float32.</summary>
    internal static string Text(double number, bool single = false)
    {
        if (number == 0)
            return 1 / number < 0 ? "-0" : "0";
        string sign = number < 0 ? "-" : "";
        number = Math.Abs(number);
        int point = 0;
        List<int> exact = number < 1e18 ? Exact(number, out point) : new List<int>();
        for (int digits = 1; digits <= 17 && exact.Count > 0; digits++)
        {
            int at = point;
            string text = Positional(Rounded(exact, digits, ref at), at);
            double back;
            if (text != null && InCode(text, out back) && (single ? (float)back == (float)number : back == number))
                return sign + text;
        }
        throw new GanrtLookException("look code: a number cannot stand in a code: round it, to at most 18 digits");
    }

    // All digits of a double, of which the first `point` stand before the point: frameworks' own formats are not exact.
    static List<int> Exact(double number, out int point)
    {
        long bits = BitConverter.DoubleToInt64Bits(number), mantissa = bits & ((1L << 52) - 1);
        int exponent = (int)(bits >> 52 & 2047);
        exponent = exponent == 0 ? -1074 : exponent - 1075;
        mantissa |= exponent == -1074 ? 0 : 1L << 52;
        var digits = new List<int>();
        foreach (char digit in mantissa.ToString(CultureInfo.InvariantCulture))
            digits.Add(digit - '0');
        point = digits.Count;
        for (; exponent < 0; exponent++)
            Halve(digits);
        for (; exponent > 0; exponent--)
            Double(digits, ref point);
        while (digits.Count > 1 && digits[0] == 0)
        {
            digits.RemoveAt(0);
            point--;
        }
        return digits;
    }

    static void Halve(List<int> digits)
    {
        int rest = 0;
        for (int i = 0; i < digits.Count; i++)
        {
            int value = rest * 10 + digits[i];
            digits[i] = value / 2;
            rest = value % 2;
        }
        if (rest > 0)
            digits.Add(5);
    }

    static void Double(List<int> digits, ref int point)
    {
        int carry = 0;
        for (int i = digits.Count - 1; i >= 0; i--)
        {
            int value = digits[i] * 2 + carry;
            digits[i] = value % 10;
            carry = value / 10;
        }
        if (carry == 0)
            return;
        digits.Insert(0, carry);
        point++;
    }

    // To the nearest number of `count` digits, ties to even, without zeros at the end.
    static string Rounded(List<int> exact, int count, ref int point)
    {
        var kept = exact.GetRange(0, Math.Min(count, exact.Count));
        if (count < exact.Count)
        {
            bool more = exact.FindIndex(count + 1, digit => digit > 0) >= 0;
            if (exact[count] > 5 || (exact[count] == 5 && (more || kept[count - 1] % 2 == 1)))
            {
                int i = count - 1;
                for (; i >= 0 && kept[i] == 9; i--)
                    kept[i] = 0;
                if (i >= 0)
                    kept[i]++;
                else
                {
                    kept.Insert(0, 1);
                    point++;
                }
            }
        }
        return string.Concat(kept).TrimEnd('0');
    }

    // Digits of which `point` stand before the point, without an exponent; null if it takes more than 18 digits.
    static string Positional(string digits, int point)
    {
        if (Math.Max(point, Math.Max(digits.Length, digits.Length + 1 - point)) > 18)
            return null;
        if (point <= 0)
            return "0." + new string('0', -point) + digits;
        if (point >= digits.Length)
            return digits.PadRight(point, '0');
        return digits.Substring(0, point) + "." + digits.Substring(point);
    }
}

/// <summary>A model of a kit: what it is fed for a look. Of its spec.json and controls.json.</summary>
public sealed class GanrtModel
{
    public readonly string Name, Prior;
    /// <summary>What look codes call the model: look.Model has to be it.</summary>
    public readonly string LookModel;
    public readonly int Dim, Labels, Height, Width, Channels;
    public readonly double? Threshold;
    public readonly Ganrt.PsiMode Mode;
    /// <summary>Whether the model has the input `truncation`.</summary>
    public readonly bool TruncationInput;
    readonly double low, high, normal;
    readonly Dictionary<string, Dictionary<string, object>> controls = new Dictionary<string, Dictionary<string, object>>();

    /// <summary>specJson: the text of spec.json; controlsJson: of controls.json, or null for a model without.</summary>
    public GanrtModel(string specJson, string controlsJson = null)
    {
        var spec = (Dictionary<string, object>)GanrtJson.Parse(specJson);
        var latent = (Dictionary<string, object>)spec["latent"];
        var output = (Dictionary<string, object>)spec["output"];
        var statistics = (Dictionary<string, object>)spec["statistics"];
        object found;
        if (!((string)spec["spec_version"]).StartsWith("1.", StringComparison.Ordinal) || (double)latent["latent_spec"] != Ganrt.LatentSpec)
            throw new FormatException("spec.json is of a newer ganrt: update GanrtLooks.cs");
        Name = (string)spec["name"];
        LookModel = spec.TryGetValue("look_model", out found) ? (string)found : Name;
        Prior = (string)latent["prior"];
        Dim = (int)(double)latent["dim"];
        Threshold = (double?)latent["threshold"];
        Mode = ModeOf((string)latent["psi_mode"]);
        Labels = spec.TryGetValue("labels", out found) && found != null ? (int)(double)((Dictionary<string, object>)found)["count"] : 0;
        Height = (int)(double)output["height"];
        Width = (int)(double)output["width"];
        Channels = (int)(double)output["channels"];
        bool style = Mode == Ganrt.PsiMode.Style, input = (string)statistics["mode"] == "input";
        TruncationInput = style || input;
        low = style ? 0 : (double)statistics["low"];
        high = style ? 16 : (double)statistics["high"];
        normal = style ? 1 : (double)statistics["default"];
        if (controlsJson != null)
            foreach (object one in (List<object>)((Dictionary<string, object>)GanrtJson.Parse(controlsJson))["controls"])
                controls.Add((string)((Dictionary<string, object>)one)["name"], (Dictionary<string, object>)one);
    }

    /// <summary>The latent of a look, with the bits that Python draws; throws where it is another model's.</summary>
    public float[] Latent(GanrtLook look)
    {
        string own = LookModel.Substring(LookModel.IndexOf('~') + 1), given = look.Model.Substring(look.Model.IndexOf('~') + 1);
        if (own != given || LookModel.Contains("~") != look.Model.Contains("~"))
            throw new ArgumentException("a look of " + look.Model + ": this model is " + LookModel, nameof(look));
        if (look.Statistics.HasValue && (Mode == Ganrt.PsiMode.Style || !TruncationInput))
            throw new ArgumentException("'" + Name + "' has no statistics to choose from", nameof(look));
        if (look.Classes.Count > 0 && Labels == 0)
            throw new ArgumentException("'" + Name + "' has no classes", nameof(look));
        float[] z = Ganrt.Latent(LawOf(look), look.Seed, look.Index, Dim);
        foreach (var control in look.Controls)
            Set(z, control.Key, control.Value);
        foreach (GanrtLook.Edit edit in look.Edits)
        {
            if (edit.Stop > Dim)
                throw new ArgumentException("expected edits of values 0 to " + (Dim - 1), nameof(look));
            for (uint k = edit.First; k < edit.Stop; k++)
                z[k] = edit.Value;
        }
        return z;
    }

    /// <summary>The class weights of a look; the class is drawn from seed and index where the look names none.</summary>
    public float[] Weights(GanrtLook look)
    {
        if (look.Classes.Count == 0)
            return Ganrt.Labels((int)Ganrt.ClassOf(look.Seed, look.Index, (ulong)Labels), Labels);
        var weights = new float[Labels];
        foreach (var one in look.Classes)
        {
            if (one.Key >= Labels)
                throw new ArgumentException("class " + one.Key + ": expected 0 to " + (Labels - 1), nameof(look));
            weights[one.Key] = one.Value;
        }
        return weights;
    }

    /// <summary>What a look gives the input `truncation`.</summary>
    public float Truncation(GanrtLook look)
    {
        double value = look.Statistics ?? look.Psi ?? normal;
        if (!(value >= low && value <= high) || (value == 0 && Mode != Ganrt.PsiMode.Style))
            throw new ArgumentException("truncation: expected " + low + " to " + high, nameof(look));
        return (float)value;
    }

    /// <summary>Sets a control of a latent: an option's name, a number within its range, or a colour RRGGBB.</summary>
    public void Set(float[] z, string name, string value)
    {
        Dictionary<string, object> control;
        if (!controls.TryGetValue(name, out control))
            throw new ArgumentException("'" + Name + "' has no control '" + name + "'; it has " + string.Join(", ", controls.Keys), nameof(name));
        var positions = (List<object>)control["positions"];
        double[] values = Values(control, name, value, positions.Count);
        for (int k = 0; k < positions.Count; k++)
            z[(int)(double)positions[k]] = (float)values[k];
    }

    static double[] Values(Dictionary<string, object> control, string name, string value, int count)
    {
        var values = new double[count];
        switch ((string)control["kind"])
        {
            case "choice":
                foreach (object one in (List<object>)control["options"])
                {
                    var option = (Dictionary<string, object>)one;
                    if ((string)option["name"] != value)
                        continue;
                    for (int k = 0; k < count; k++)
                        values[k] = (double)((List<object>)option["values"])[k];
                    return values;
                }
                throw new ArgumentException(name + "=" + value + ": there is no such option", nameof(value));
            case "scalar":
                double given, low = (double)control["low"], high = (double)control["high"];
                if (!GanrtNumber.Read(value, out given) || !(given >= low && given <= high))
                    throw new ArgumentException(name + "=" + value + ": expected a number from " + low + " to " + high, nameof(value));
                for (int k = 0; k < count; k++)
                    values[k] = Between((List<object>)control["knots"], (given - low) / (high - low), k);
                return values;
            default:
                int colour;
                string digits = value.StartsWith("#", StringComparison.Ordinal) ? value.Substring(1) : value;
                if (digits.Length != 6 || !int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out colour))
                    throw new ArgumentException(name + "=" + value + ": expected a colour such as 3366cc", nameof(value));
                for (int k = 0; k < count; k++)
                    values[k] = Between((List<object>)control["knots"], (colour >> (16 - 8 * k) & 255) / 255.0, k);
                return values;
        }
    }

    // The knots at `part` of their length: in double, multiply and then add.
    static double Between(List<object> knots, double part, int column)
    {
        double at = part * (knots.Count - 1);
        int row = Math.Min((int)at, knots.Count - 2);
        double a = (double)((List<object>)knots[row])[column], b = (double)((List<object>)knots[row + 1])[column];
        return Ganrt.Add((at - row) * (b - a), a);
    }

    Ganrt.Law LawOf(GanrtLook look)
    {
        bool given = look.Threshold.HasValue || look.Mode.HasValue, bounded = Prior.Contains("normal");
        if (Mode == Ganrt.PsiMode.Style)
        {
            if (given)
                throw new ArgumentException("the truncation of '" + Name + "' leaves the latents alone: expected psi alone", nameof(look));
            return Ganrt.Law.OfModel(Prior, Threshold, Mode, look.Psi);
        }
        if (!bounded && (look.Threshold.HasValue || look.Mode == Ganrt.PsiMode.Resample))
            throw new ArgumentException("a uniform prior is scaled by psi: expected no threshold", nameof(look));
        double? psi = look.Psi ?? (given ? 1 : (double?)null);
        return Ganrt.Law.OfModel(Prior, look.Threshold ?? Threshold, look.Mode ?? Mode, psi);
    }

    static Ganrt.PsiMode ModeOf(string text)
    {
        switch (text)
        {
            case "scale": return Ganrt.PsiMode.Scale;
            case "resample": return Ganrt.PsiMode.Resample;
            case "style": return Ganrt.PsiMode.Style;
            default: throw new FormatException("spec.json: psi_mode '" + text + "' is unknown");
        }
    }
}

/// <summary>JSON as the kit writes it: objects, arrays, texts, numbers (double), true, false, null.</summary>
static class GanrtJson
{
    internal static object Parse(string text)
    {
        int at = 0;
        object value = Value(text, ref at, 0);
        Space(text, ref at);
        if (at < text.Length)
            throw Wrong(at);
        return value;
    }

    static object Value(string text, ref int at, int depth)
    {
        Space(text, ref at);
        if (at >= text.Length || depth > 64)
            throw Wrong(at);
        switch (text[at])
        {
            case '{': return Object(text, ref at, depth);
            case '[': return Array(text, ref at, depth);
            case '"': return Text(text, ref at);
        }
        int from = at;
        while (at < text.Length && ",]} \t\r\n".IndexOf(text[at]) < 0)
            at++;
        string word = text.Substring(from, at - from);
        double number;
        if (word == "null")
            return null;
        if (word == "true" || word == "false")
            return word == "true";
        if (!GanrtNumber.Read(word, out number))
            throw Wrong(from);
        return number;
    }

    static Dictionary<string, object> Object(string text, ref int at, int depth)
    {
        var made = new Dictionary<string, object>();
        for (at++; !Ends(text, ref at, '}', made.Count > 0);)
        {
            string name = Text(text, ref at);
            Space(text, ref at);
            if (at >= text.Length || text[at++] != ':')
                throw Wrong(at);
            if (made.ContainsKey(name))
                throw Wrong(at);
            made.Add(name, Value(text, ref at, depth + 1));
        }
        return made;
    }

    static List<object> Array(string text, ref int at, int depth)
    {
        var made = new List<object>();
        for (at++; !Ends(text, ref at, ']', made.Count > 0);)
            made.Add(Value(text, ref at, depth + 1));
        return made;
    }

    static bool Ends(string text, ref int at, char end, bool comma)
    {
        Space(text, ref at);
        if (at >= text.Length || (text[at] != end && comma && text[at] != ','))
            throw Wrong(at);
        bool ended = text[at] == end;
        if (ended || comma)
            at++;
        Space(text, ref at);
        return ended;
    }

    static string Text(string text, ref int at)
    {
        var made = new StringBuilder();
        if (at >= text.Length || text[at++] != '"')
            throw Wrong(at);
        for (; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] != '\\')
            {
                made.Append(text[at]);
                continue;
            }
            if (++at >= text.Length)
                throw Wrong(at);
            int known = "\"\\/bfnrt".IndexOf(text[at]);
            if (known >= 0)
                made.Append("\"\\/\b\f\n\r\t"[known]);
            else if (text[at] == 'u' && at + 4 < text.Length)
            {
                made.Append((char)int.Parse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 4;
            }
            else
                throw Wrong(at);
        }
        if (at++ >= text.Length)
            throw Wrong(at);
        return made.ToString();
    }

    static void Space(string text, ref int at)
    {
        while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0)
            at++;
    }

    static FormatException Wrong(int at) { return new FormatException("JSON: unexpected at character " + at); }
}
